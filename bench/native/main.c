// Runs a kernel natively: prints the nanoseconds of a call of run(n), as often as asked.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

unsigned run(unsigned n);

int main(int argc, char **argv) {
  unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
  int calls = argc > 2 ? atoi(argv[2]) : 1;
  volatile unsigned sink = 0;
  for (int i = 0; i < calls; i++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    sink += run(n);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec));
  }
  return 0;
}
