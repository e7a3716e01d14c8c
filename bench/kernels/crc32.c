#include "kernel.h"
// CRC-32 with a table over 64 KiB: one load, one store-free step per byte.
static u32 table[256];
static u8 data[65536];
KERNEL {
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  u32 seed = 7;
  for (u32 i = 0; i < sizeof data; i++) data[i] = (u8)next_random(&seed);
  u32 crc = 0;
  for (u32 round = 0; round < n; round++) {
    crc = ~crc;
    for (u32 i = 0; i < sizeof data; i++) crc = table[(crc ^ data[i]) & 255] ^ (crc >> 8);
    crc = ~crc;
  }
  return crc;
}
