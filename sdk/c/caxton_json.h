/*
 * Reading and writing JSON text without building a tree: a value is a range of the text it stands in.
 *
 * Readers take any text and never run past its end: what is not JSON reads as an empty value. Writers grow up to
 * CAXTON_WRITER_BYTES and remember that they failed, so one check at the end is enough.
 */
#ifndef CAXTON_JSON_H
#define CAXTON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes that one writer holds. */
#ifndef CAXTON_WRITER_BYTES
#define CAXTON_WRITER_BYTES (1u << 20)
#endif

/* Deepest nesting that is read. */
#ifndef CAXTON_JSON_DEPTH
#define CAXTON_JSON_DEPTH 64
#endif

/* A range of text. Not ended by a zero byte; `length` 0 means that there is nothing. */
typedef struct caxton_text {
  const char *at;
  size_t length;
} caxton_text;

static inline caxton_text caxton_text_of(const char *literal) {
  return (caxton_text){literal, strlen(literal)};
}

static inline bool caxton_text_equals(caxton_text text, const char *literal) {
  return strlen(literal) == text.length && memcmp(text.at, literal, text.length) == 0;
}

/* ---- Reading ---- */

static inline const char *caxton_json_skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

/* Tells whether one of eight bytes is `byte`. */
static inline bool caxton_any_is(uint64_t eight, uint8_t byte) {
  uint64_t rest = eight ^ byte * 0x0101010101010101u;
  return ((rest - 0x0101010101010101u) & ~rest & 0x8080808080808080u) != 0;
}

/* Returns the end of the string that starts at `at`, NULL if it does not end. */
static inline const char *caxton_json_skip_string(const char *at, const char *end) {
  at++;
  for (uint64_t eight; end - at >= 8; at += 8) {
    memcpy(&eight, at, 8);
    if (caxton_any_is(eight, '"') || caxton_any_is(eight, '\\')) break;
  }
  for (; at < end; at++) {
    if (*at == '"') return at + 1;
    if (*at == '\\') at++;
  }
  return NULL;
}

/* Returns the end of the value that starts at `at`, NULL if it does not end or nests too deep. */
static inline const char *caxton_json_skip_value(const char *at, const char *end) {
  int depth = 0;
  while (at < end) {
    char c = *at;
    if (c == '"') {
      at = caxton_json_skip_string(at, end);
      if (at == NULL) return NULL;
    } else if (c == '{' || c == '[') {
      if (++depth > CAXTON_JSON_DEPTH) return NULL;
      at++;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
    } else {
      while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ':' && (unsigned char)*at > ' ') at++;
      return at;
    }
    if (depth == 0) return at;
  }
  return NULL;
}

static inline int caxton_json_hex4(const char *at, const char *end) {
  int value = 0;
  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* Reads one `\u` escape whose first digit is at `*at`, with its second half if it is a surrogate pair. */
static inline uint32_t caxton_json_unicode(const char **at, const char *end) {
  int high = caxton_json_hex4(*at, end);
  if (high < 0) return 0xFFFD;
  *at += 4;
  if (high < 0xD800 || high > 0xDFFF) return (uint32_t)high;
  if (high > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return 0xFFFD;
  int low = caxton_json_hex4(*at + 2, end);
  if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
  *at += 6;
  return 0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
}

static inline size_t caxton_utf8_encode(uint32_t code, char out[4]) {
  if (code < 0x80) return out[0] = (char)code, 1;
  if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
  if (code < 0x10000) {
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 63));
    out[2] = (char)(0x80 | (code & 63));
    return 3;
  }
  out[0] = (char)(0xF0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 63));
  out[2] = (char)(0x80 | (code >> 6 & 63));
  out[3] = (char)(0x80 | (code & 63));
  return 4;
}

/* Reads one character of a string from `*at`; returns how many bytes of UTF-8 it made in `out`. */
static inline size_t caxton_json_character(const char **at, const char *end, char out[4]) {
  char c = *(*at)++;
  if (c != '\\' || *at >= end) return out[0] = c, 1;
  c = *(*at)++;
  switch (c) {
    case 'b': return out[0] = '\b', 1;
    case 'f': return out[0] = '\f', 1;
    case 'n': return out[0] = '\n', 1;
    case 'r': return out[0] = '\r', 1;
    case 't': return out[0] = '\t', 1;
    case 'u': return caxton_utf8_encode(caxton_json_unicode(at, end), out);
    default: return out[0] = c, 1;
  }
}

static inline bool caxton_json_is_string(caxton_text value) {
  return value.length >= 2 && value.at[0] == '"';
}

/* Tells whether a value is the JSON string that spells `literal`. */
static inline bool caxton_json_string_is(caxton_text value, const char *literal) {
  if (!caxton_json_is_string(value)) return false;
  const char *at = value.at + 1, *end = value.at + value.length - 1;
  /* Up to the first escape every byte stands for itself. */
  for (; at < end && *at != '\\'; at++, literal++) {
    if (*at != *literal || *literal == 0) return false;
  }
  size_t length = strlen(literal);
  while (at < end) {
    char bytes[4];
    size_t count = caxton_json_character(&at, end, bytes);
    if (count > length || memcmp(bytes, literal, count) != 0) return false;
    literal += count;
    length -= count;
  }
  return length == 0;
}

/*
 * Writes the characters of a JSON string to `out` as UTF-8 with a final zero byte; returns their length in bytes.
 * Returns -1 when the value is not a string or does not fit. Half a surrogate pair becomes U+FFFD.
 */
static inline long caxton_json_string(caxton_text value, char *out, size_t capacity) {
  if (!caxton_json_is_string(value) || capacity == 0) return -1;
  const char *at = value.at + 1, *end = value.at + value.length - 1;
  size_t length = 0;
  while (at < end) {
    char bytes[4];
    size_t count = caxton_json_character(&at, end, bytes);
    if (length + count >= capacity) return -1;
    memcpy(out + length, bytes, count);
    length += count;
  }
  out[length] = 0;
  return (long)length;
}

/*
 * Returns the characters of a JSON string in a new block with a final zero byte, and their length in `*length` unless that
 * is NULL. NULL when the value is not a string or there is no room. Whoever gets the block frees it.
 */
static inline char *caxton_json_string_copy(caxton_text value, size_t *length) {
  /* No string has more bytes than its JSON, of which the quotes make room for the zero. */
  char *copy = caxton_json_is_string(value) ? (char *)malloc(value.length) : NULL;
  if (copy == NULL) return NULL;
  long count = caxton_json_string(value, copy, value.length);
  if (count < 0) return free(copy), (char *)NULL;
  if (length != NULL) *length = (size_t)count;
  return copy;
}

/* Returns a whole number, `otherwise` when the value is none or has more than 18 digits. */
static inline int64_t caxton_json_integer(caxton_text value, int64_t otherwise) {
  size_t i = value.length > 0 && value.at[0] == '-' ? 1 : 0;
  if (i == value.length || value.length - i > 18) return otherwise;
  int64_t number = 0;
  bool negative = i == 1;
  for (; i < value.length; i++) {
    if (value.at[i] < '0' || value.at[i] > '9') return otherwise;
    number = number * 10 + (value.at[i] - '0');
  }
  return negative ? -number : number;
}

/* Returns a number, `otherwise` when the value is none. */
static inline double caxton_json_number(caxton_text value, double otherwise) {
  char digits[64], *end;
  if (value.length == 0 || value.length >= sizeof digits) return otherwise;
  if (value.at[0] != '-' && (value.at[0] < '0' || value.at[0] > '9')) return otherwise;
  memcpy(digits, value.at, value.length);
  digits[value.length] = 0;
  double number = strtod(digits, &end);
  return *end == 0 ? number : otherwise;
}

static inline bool caxton_json_is_true(caxton_text value) {
  return caxton_text_equals(value, "true");
}

/* A place inside an object or array. */
typedef struct caxton_cursor {
  const char *at;
  const char *end;
} caxton_cursor;

/* Starts at the first member of an object or the first element of an array. */
static inline caxton_cursor caxton_json_members(caxton_text value) {
  if (value.length == 0 || (value.at[0] != '{' && value.at[0] != '[')) return (caxton_cursor){NULL, NULL};
  return (caxton_cursor){value.at + 1, value.at + value.length};
}

static inline bool caxton_json_read_value(caxton_cursor *cursor, caxton_text *value) {
  const char *start = caxton_json_skip_space(cursor->at, cursor->end);
  const char *stop = start < cursor->end ? caxton_json_skip_value(start, cursor->end) : NULL;
  if (stop == NULL || stop == start) return cursor->at = NULL, false;
  *value = (caxton_text){start, (size_t)(stop - start)};
  cursor->at = caxton_json_skip_space(stop, cursor->end);
  return true;
}

/* Takes the next element of an array; false when there is none. */
static inline bool caxton_json_next(caxton_cursor *cursor, caxton_text *value) {
  if (cursor->at == NULL || !caxton_json_read_value(cursor, value)) return false;
  if (cursor->at < cursor->end && *cursor->at == ',') cursor->at++;
  return true;
}

/* Takes the next member of an object, its key as a JSON string; false when there is none. */
static inline bool caxton_json_next_member(caxton_cursor *cursor, caxton_text *key, caxton_text *value) {
  if (cursor->at == NULL || !caxton_json_read_value(cursor, key)) return false;
  if (cursor->at >= cursor->end || *cursor->at != ':') return cursor->at = NULL, false;
  cursor->at++;
  return caxton_json_next(cursor, value);
}

/* Returns the member of an object with a name, nothing if there is none. */
static inline caxton_text caxton_json_get(caxton_text object, const char *name) {
  caxton_cursor cursor = caxton_json_members(object);
  caxton_text key, value;
  if (object.length == 0 || object.at[0] != '{') return (caxton_text){NULL, 0};
  while (caxton_json_next_member(&cursor, &key, &value)) {
    if (caxton_json_string_is(key, name)) return value;
  }
  return (caxton_text){NULL, 0};
}

/* ---- Writing ---- */

/* Text that grows. Start with `caxton_writer w = {0}`; reuse it after `w.length = 0, w.failed = false`. */
typedef struct caxton_writer {
  char *bytes;
  size_t length;
  size_t capacity;
  bool failed;
} caxton_writer;

/* Makes room for so many more bytes than there are. False, and the writer has failed, when there is none. */
__attribute__((noinline)) static inline bool caxton_writer_grow(caxton_writer *writer, size_t count) {
  writer->failed = writer->failed || count > CAXTON_WRITER_BYTES - writer->length;
  if (writer->failed) return false;
  size_t capacity = writer->capacity == 0 ? 256 : writer->capacity;
  while (capacity < writer->length + count) capacity *= 2;
  char *grown = (char *)realloc(writer->bytes, capacity);
  if (grown == NULL) return writer->failed = true, false;
  writer->bytes = grown;
  writer->capacity = capacity;
  return true;
}

/* Tells whether so many more bytes can be written. */
static inline bool caxton_writer_has_room(caxton_writer *writer, size_t count) {
  if (!writer->failed && count <= writer->capacity - writer->length) return true;
  return caxton_writer_grow(writer, count);
}

static inline void caxton_write_bytes(caxton_writer *writer, const char *bytes, size_t count) {
  if (!caxton_writer_has_room(writer, count)) return;
  if (count > 0) memcpy(writer->bytes + writer->length, bytes, count);
  writer->length += count;
}

static inline void caxton_write_byte(caxton_writer *writer, char byte) {
  if (caxton_writer_has_room(writer, 1)) writer->bytes[writer->length++] = byte;
}

/* Writes the comma that a value or key needs after the one before it. */
static inline void caxton_write_comma(caxton_writer *writer) {
  if (writer->failed || writer->length == 0) return;
  char last = writer->bytes[writer->length - 1];
  if (last != '{' && last != '[' && last != ':') caxton_write_byte(writer, ',');
}

static inline void caxton_write_string(caxton_writer *writer, const char *bytes, size_t count) {
  static const char hex[] = "0123456789abcdef";
  caxton_write_comma(writer);
  caxton_write_byte(writer, '"');
  /* Byte by byte: a call that copies costs more than most strings are long. */
  for (size_t i = 0; i < count && caxton_writer_has_room(writer, count - i); i++) {
    unsigned char c = (unsigned char)bytes[i];
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (c >= ' ' && c != '"' && c != '\\') writer->bytes[writer->length++] = (char)c;
    else if (c < ' ') caxton_write_bytes(writer, escape, 6);
    else caxton_write_bytes(writer, c == '"' ? "\\\"" : "\\\\", 2);
  }
  caxton_write_byte(writer, '"');
}

static inline void caxton_write_begin_object(caxton_writer *writer) {
  caxton_write_comma(writer);
  caxton_write_byte(writer, '{');
}

static inline void caxton_write_end_object(caxton_writer *writer) {
  caxton_write_byte(writer, '}');
}

static inline void caxton_write_begin_array(caxton_writer *writer) {
  caxton_write_comma(writer);
  caxton_write_byte(writer, '[');
}

static inline void caxton_write_end_array(caxton_writer *writer) {
  caxton_write_byte(writer, ']');
}

static inline void caxton_write_key_bytes(caxton_writer *writer, const char *bytes, size_t count) {
  caxton_write_string(writer, bytes, count);
  caxton_write_byte(writer, ':');
}

static inline void caxton_write_key(caxton_writer *writer, const char *name) {
  caxton_write_key_bytes(writer, name, strlen(name));
}

/* Writes a value that is JSON text already, such as one read from a message. */
static inline void caxton_write_json(caxton_writer *writer, caxton_text json) {
  caxton_write_comma(writer);
  caxton_write_bytes(writer, json.at, json.length);
}

static inline void caxton_write_integer(caxton_writer *writer, int64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do digits[--at] = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (number < 0) digits[--at] = '-';
  caxton_write_json(writer, (caxton_text){digits + at, sizeof digits - at});
}

/* Writes a number so that reading it gives the same number; null for what JSON cannot say. */
static inline void caxton_write_number(caxton_writer *writer, double number) {
  char digits[32] = "null";
  if (number - number == 0) snprintf(digits, sizeof digits, "%.17g", number);
  caxton_write_json(writer, caxton_text_of(digits));
}

static inline void caxton_write_boolean(caxton_writer *writer, bool value) {
  caxton_write_json(writer, caxton_text_of(value ? "true" : "false"));
}

static inline void caxton_write_null(caxton_writer *writer) {
  caxton_write_json(writer, caxton_text_of("null"));
}

/* Returns what was written, nothing if it failed. */
static inline caxton_text caxton_written(const caxton_writer *writer) {
  return writer->failed ? (caxton_text){NULL, 0} : (caxton_text){writer->bytes, writer->length};
}

#endif
