// What every kernel shares: one export, `run(n)`, that does n rounds of work and returns a checksum.
#pragma once
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#ifdef __wasm__
#define KERNEL __attribute__((export_name("run"))) u32 run(u32 n)
#else
#define KERNEL u32 run(u32 n)
#endif

static inline u32 next_random(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
