#include "kernel.h"
// Five-point stencil on a grid of 256 by 256 doubles, forth and back: neighbours in memory, little arithmetic.
#define N 256
static double a[N][N], b[N][N];
static void smooth(double to[N][N], double from[N][N]) {
  for (u32 i = 1; i < N - 1; i++)
    for (u32 j = 1; j < N - 1; j++)
      to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i - 1][j] + from[i + 1][j]);
}
KERNEL {
  u32 seed = 23;
  for (u32 i = 0; i < N; i++)
    for (u32 j = 0; j < N; j++) a[i][j] = b[i][j] = (double)(next_random(&seed) & 1023);
  for (u32 round = 0; round < n; round++) {
    smooth(b, a);
    smooth(a, b);
  }
  return (u32)(a[N / 2][N / 2] * 1000.0);
}
