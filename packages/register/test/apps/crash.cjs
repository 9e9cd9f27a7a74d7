// Prints, and dies of an exception that nobody catches.
console.log('about to crash');
setTimeout(() => {
  throw new Error('a bug of the app');
}, 10);
