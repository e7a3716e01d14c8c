#include "kernel.h"
// Longest Collatz chain below 30,000: a short unpredictable loop without memory.
KERNEL {
  u32 best = 0;
  for (u32 round = 0; round < n; round++)
    for (u32 start = 1; start < 30000; start++) {
      u64 x = start;
      u32 length = 0;
      while (x != 1) {
        x = x & 1 ? 3 * x + 1 : x >> 1;
        length++;
      }
      if (length > best) best = length;
    }
  return best;
}
