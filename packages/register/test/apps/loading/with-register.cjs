// To be bundled: starts what would else be preloaded, before anything else.
require('@queuetrace/register');
require('./shop.cjs');
