#include "kernel.h"
// Fibonacci by recursion: nothing but calls.
__attribute__((noinline)) static u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
KERNEL {
  u32 sum = 0;
  for (u32 round = 0; round < n; round++) sum += fibonacci(24 + (round & 1));
  return sum;
}
