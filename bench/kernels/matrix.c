#include "kernel.h"
// Matrix multiplication, 96 x 96 doubles: nested counted loops over memory.
#define N 96
static double a[N][N], b[N][N], c[N][N];
KERNEL {
  u32 seed = 1;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (double)(next_random(&seed) & 15);
      b[i][j] = (double)(next_random(&seed) & 15);
    }
  double sum = 0;
  for (u32 round = 0; round < n; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double cell = 0;
        for (int k = 0; k < N; k++) cell += a[i][k] * b[k][j];
        c[i][j] = cell;
      }
    sum += c[round % N][(round * 7) % N];
  }
  return (u32)sum;
}
