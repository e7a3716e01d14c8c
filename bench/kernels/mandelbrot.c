#include "kernel.h"
// Mandelbrot set, 128 x 128 points, up to 200 iterations: a tight floating-point loop with an early exit.
KERNEL {
  u32 inside = 0;
  for (u32 round = 0; round < n; round++)
    for (int py = 0; py < 128; py++)
      for (int px = 0; px < 128; px++) {
        double cx = px / 48.0 - 2.0, cy = py / 48.0 - 1.33, x = 0, y = 0;
        int steps = 0;
        while (x * x + y * y < 4.0 && steps < 200) {
          double next = x * x - y * y + cx;
          y = 2 * x * y + cy;
          x = next;
          steps++;
        }
        inside += steps == 200;
      }
  return inside;
}
