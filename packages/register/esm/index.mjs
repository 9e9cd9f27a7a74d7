// The one implementation is the CommonJS one: preloaded in both ways, it starts once.
import '../build/register.cjs';
