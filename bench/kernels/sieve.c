#include "kernel.h"
// Sieve of Eratosthenes over one million numbers: byte stores with a stride.
#define N 1000000
static u8 composite[N + 1];
KERNEL {
  u32 count = 0;
  for (u32 round = 0; round < n; round++) {
    for (u32 i = 0; i <= N; i++) composite[i] = 0;
    for (u32 i = 2; i * i <= N; i++)
      if (!composite[i])
        for (u32 j = i * i; j <= N; j += i) composite[j] = 1;
    for (u32 i = 2; i <= N; i++) count += !composite[i];
  }
  return count;
}
