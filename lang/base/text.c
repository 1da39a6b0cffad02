#include "lang/base/text.h"
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <ctype.h>

/* Decodes one character; *used is its length in bytes, 0 when it is not valid UTF-8 (RFC 3629). */
static uint32_t decode(const unsigned char *s, size_t n, size_t *used) {
  static const struct {
    unsigned char mask, lead;
    uint32_t least;
  } shape[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
  *used = 0;
  for (size_t k = 0; k < 4; k++) {
    if ((s[0] & shape[k].mask) != shape[k].lead) continue;
    if (k + 1 > n) return 0;
    uint32_t c = s[0] & (unsigned char)~shape[k].mask;
    for (size_t i = 1; i <= k; i++) {
      if ((s[i] & 0xC0) != 0x80) return 0;
      c = c << 6 | (s[i] & 0x3Fu);
    }
    if (c < shape[k].least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return 0;
    *used = k + 1;
    return c;
  }
  return 0;
}

size_t utf8_check(const char *s, size_t n) {
  size_t i = 0;
  while (i < n) {
    if ((unsigned char)s[i] < 0x80) {
      i++;
      continue;
    }
    size_t used;
    decode((const unsigned char *)s + i, n - i, &used);
    if (!used) return i;
    i += used;
  }
  return n;
}

struct range {
  uint32_t from, to;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (c >= r[i].from && c <= r[i].to) return true;
  return false;
}

/* Unicode 15: the blocks that matter for names and labels (combining marks; East Asian wide). */
static const struct range combining[] = {
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},    {0x610, 0x61A},   {0x64B, 0x65F},
    {0x93A, 0x93A},   {0x941, 0x948},   {0xE31, 0xE31},    {0xE34, 0xE3A},   {0xE47, 0xE4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},  {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
static const struct range wide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

static int character_width(uint32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return 0;
  if (in_ranges(c, combining, sizeof combining / sizeof *combining)) return 0;
  return in_ranges(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

int text_width(const char *s, size_t n) {
  int width = 0;
  for (size_t i = 0; i < n;) {
    size_t used;
    uint32_t c = decode((const unsigned char *)s + i, n - i, &used);
    width += used ? character_width(c) : 1;
    i += used ? used : 1;
  }
  return width;
}

enum { DISTANCE_MAX = 64 }; /* longer names are compared by their first bytes */

static int substitute(char a, char b) {
  if (a == b) return 0;
  return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 3;
}

static int least(int a, int b) {
  return a < b ? a : b;
}

int text_distance(const char *a, const char *b) {
  size_t n = strnlen(a, DISTANCE_MAX), m = strnlen(b, DISTANCE_MAX);
  int d[DISTANCE_MAX + 1][DISTANCE_MAX + 1];
  for (size_t i = 0; i <= n; i++) d[i][0] = 3 * (int)i;
  for (size_t j = 0; j <= m; j++) d[0][j] = 3 * (int)j;
  for (size_t i = 1; i <= n; i++)
    for (size_t j = 1; j <= m; j++) {
      int best = d[i - 1][j - 1] + substitute(a[i - 1], b[j - 1]);
      best = least(best, least(d[i - 1][j], d[i][j - 1]) + 3);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = least(best, d[i - 2][j - 2] + 3);
      d[i][j] = best;
    }
  return d[n][m];
}

const char *text_nearest(const char *name, const char *const *candidates, size_t n) {
  size_t length = strlen(name);
  int limit = length <= 2 ? 3 : length <= 5 ? 5 : (int)length; /* about one typing error in three letters */
  const char *best = NULL;
  for (size_t i = 0; i < n; i++) {
    int d = text_distance(name, candidates[i]);
    if (d <= limit && d < 3 * (int)length && d > 0) {
      best = candidates[i];
      limit = d - 1;
    }
  }
  return best;
}
