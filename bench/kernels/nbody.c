#include "kernel.h"
// Five bodies under gravity, 20,000 steps: floating point with square roots.
struct body { double x, y, z, vx, vy, vz, mass; };
static struct body bodies[5];
KERNEL {
  u32 seed = 5;
  for (int i = 0; i < 5; i++) {
    double *field = (double *)&bodies[i];
    for (int k = 0; k < 6; k++) field[k] = (double)(next_random(&seed) & 1023) / 256.0;
    bodies[i].mass = 1.0 + i;
  }
  for (u32 round = 0; round < n; round++)
    for (int step = 0; step < 20000; step++) {
      for (int i = 0; i < 5; i++)
        for (int j = i + 1; j < 5; j++) {
          struct body *a = &bodies[i], *b = &bodies[j];
          double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
          double square = dx * dx + dy * dy + dz * dz + 0.01;
          double pull = 0.0001 / (square * __builtin_sqrt(square));
          a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
          b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
        }
      for (int i = 0; i < 5; i++) {
        bodies[i].x += bodies[i].vx * 0.001;
        bodies[i].y += bodies[i].vy * 0.001;
        bodies[i].z += bodies[i].vz * 0.001;
      }
    }
  return (u32)(int)(bodies[0].x * 1000);
}
