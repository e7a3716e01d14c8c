#include "kernel.h"
// Base64 encoding of 96 KiB: table lookups, straight-line code in a counted loop.
static u8 data[98304];
static char text[131072];
KERNEL {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  u32 seed = 11, sum = 0;
  for (u32 i = 0; i < sizeof data; i++) data[i] = (u8)next_random(&seed);
  for (u32 round = 0; round < n; round++) {
    for (u32 i = 0, o = 0; i + 3 <= sizeof data; i += 3, o += 4) {
      u32 bits = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
      text[o] = digits[bits >> 18];
      text[o + 1] = digits[bits >> 12 & 63];
      text[o + 2] = digits[bits >> 6 & 63];
      text[o + 3] = digits[bits & 63];
    }
    sum += (u8)text[round % sizeof text];
  }
  return sum;
}
