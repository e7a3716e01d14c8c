#include "kernel.h"
// Quicksort of 50,000 numbers: recursion, branches that cannot be predicted, swaps in memory.
#define N 50000
static u32 numbers[N];
static void sort(int low, int high) {
  while (low < high) {
    u32 pivot = numbers[(low + high) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (numbers[i] < pivot) i++;
      while (numbers[j] > pivot) j--;
      if (i <= j) {
        u32 swap = numbers[i];
        numbers[i++] = numbers[j];
        numbers[j--] = swap;
      }
    }
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
}
KERNEL {
  u32 sum = 0, seed = 3;
  for (u32 round = 0; round < n; round++) {
    for (int i = 0; i < N; i++) numbers[i] = next_random(&seed);
    sort(0, N - 1);
    sum += numbers[N / 2];
  }
  return sum;
}
