#include "runtime/report/sheet.h"
#include "lang/base/text.h"
#include <string.h>

static int width_of(const char *text) {
  return text ? text_width(text, strlen(text)) : 0;
}

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

struct report_style sheet_style(const struct report_style *style) {
  struct report_style s = style ? *style : (struct report_style){.width = REPORT_WIDTH};
  if (s.width == 0) s.width = REPORT_WIDTH;
  if (s.width < REPORT_WIDTH_MIN) s.width = REPORT_WIDTH_MIN;
  return s;
}

struct sheet *sheet_new(struct arena *a, int rows, int cols) {
  struct sheet *l = arena_make(a, struct sheet);
  *l = (struct sheet){.arena = a, .rows = rows, .cols = cols, .heads = 1, .stub = 1, .indent = 2};
  l->align = arena_array(a, (size_t)cols, enum align);
  l->cell = arena_array(a, (size_t)rows * (size_t)cols, const char *);
  return l;
}

/* C0 controls and DEL are one byte; C1 controls (U+0080 to U+009F) are 0xC2 and one more. */
const char *sheet_safe(struct arena *a, const char *text) {
  char *copy = arena_strdup(a, text);
  for (char *s = copy; *s; s++) {
    if ((unsigned char)*s < ' ' || *s == 127) *s = '?';
    if ((unsigned char)s[0] == 0xC2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xA0)
      s[0] = s[1] = '?';
  }
  return copy;
}

/* The longest beginning of a text that takes at most `width` columns, whole characters. */
static size_t beginning(const char *text, int width) {
  size_t n = 0;
  while (text[n]) {
    size_t next = n + 1;
    while (is_continuation(text[next])) next++;
    if (text_width(text, next) > width) break;
    n = next;
  }
  return n;
}

void sheet_set(struct sheet *l, int row, int col, const char *text) {
  if (text) text = sheet_safe(l->arena, text);
  if (text && width_of(text) > SHEET_CELL_MAX)
    text = arena_printf(l->arena, "%.*s...", (int)beginning(text, SHEET_CELL_MAX - 3), text);
  l->cell[(size_t)row * (size_t)l->cols + (size_t)col] = text;
}

void sheet_numbers(struct sheet *l, int col, const double *v, struct digits f) {
  l->align[col] = ALIGN_POINT;
  for (int i = l->heads; i < l->rows; i++) sheet_set(l, i, col, digits_text(l->arena, v[i - l->heads], f));
}

static const char *cell_at(const struct sheet *l, int row, int col) {
  return l->cell[(size_t)row * (size_t)l->cols + (size_t)col];
}

/* Columns of a cell left of its decimal point; all of it where there is none (an integer, NA). */
static int left_of_point(const char *text) {
  return (int)strcspn(text, ".e");
}

struct extent {
  int width; /* of the column */
  int tail;  /* ALIGN_POINT: columns from the point on */
};

static struct extent extent_of(const struct sheet *l, int col) {
  struct extent e = {0, 0};
  int left = 0;
  for (int i = 0; i < l->rows; i++) {
    const char *text = cell_at(l, i, col);
    int width = width_of(text);
    if (width > e.width) e.width = width;
    if (!text || l->align[col] != ALIGN_POINT || i < l->heads) continue;
    int point = left_of_point(text);
    if (point > left) left = point;
    if (width - point > e.tail) e.tail = width - point;
  }
  if (left + e.tail > e.width) e.width = left + e.tail;
  return e;
}

/* Spaces left of a cell. */
static int lead_of(const struct sheet *l, int row, int col, struct extent e) {
  const char *text = cell_at(l, row, col);
  if (!text || l->align[col] == ALIGN_LEFT) return 0;
  if (l->align[col] == ALIGN_RIGHT || row < l->heads) return e.width - width_of(text);
  return e.width - e.tail - left_of_point(text);
}

/* Spaces are only written when something follows: no line ends with one. */
static void put_row(struct buf *out, const struct sheet *l, int row, const struct extent *extent,
                    const int *shown, int n_shown, bool bold) {
  int pending = l->indent;
  if (bold) buf_put(out, "\033[1m");
  for (int k = 0; k < n_shown; k++) {
    int col = shown[k];
    const char *text = cell_at(l, row, col);
    int lead = lead_of(l, row, col, extent[col]);
    if (text && *text) {
      buf_pad(out, ' ', (size_t)pending + (size_t)lead);
      buf_put(out, text);
      pending = extent[col].width - lead - width_of(text);
    } else {
      pending += extent[col].width;
    }
    pending += SHEET_GAP;
  }
  buf_put(out, bold ? "\033[0m\n" : "\n");
}

/* Chooses the columns of the block that begins at *next: the stub and as many more as fit, at least one. */
static int choose_block(const struct sheet *l, const struct extent *extent, int width, int *next,
                        int *shown) {
  int n = 0;
  int used = l->indent;
  for (int c = 0; c < l->stub && c < l->cols; c++) {
    shown[n++] = c;
    used += extent[c].width + SHEET_GAP;
  }
  int first = *next;
  while (*next < l->cols && (*next == first || used + extent[*next].width <= width)) {
    used += extent[*next].width + SHEET_GAP;
    shown[n++] = (*next)++;
  }
  return n;
}

void sheet_put(struct buf *out, const struct sheet *l, const struct report_style *style) {
  struct report_style s = sheet_style(style);
  struct extent *extent = arena_array(l->arena, (size_t)l->cols, struct extent);
  int *shown = arena_array(l->arena, (size_t)l->cols, int);
  for (int c = 0; c < l->cols; c++) extent[c] = extent_of(l, c);
  int next = l->stub < l->cols ? l->stub : l->cols;
  bool again = false;
  do {
    if (again) buf_putc(out, '\n');
    int n = choose_block(l, extent, s.width, &next, shown);
    for (int r = 0; r < l->rows; r++) put_row(out, l, r, extent, shown, n, s.colour && r < l->heads);
    again = true;
  } while (next < l->cols);
}

void sheet_heading(struct buf *out, const char *text, const struct report_style *style) {
  struct report_style s = sheet_style(style);
  buf_printf(out, s.colour ? "\033[1m%s\033[0m\n" : "%s\n", text);
}

/* Bytes to the next space at which a line may break: not within "..." or `...`. */
static size_t word_length(const char *text) {
  char quote = 0;
  size_t n = 0;
  for (; text[n] && (quote || text[n] != ' '); n++) {
    if (text[n] == '\\' && text[n + 1] && quote)
      n++;
    else if (quote ? text[n] == quote : text[n] == '"' || text[n] == '`')
      quote = quote ? 0 : text[n];
  }
  return n;
}

void sheet_paragraph(struct buf *out, const char *text, int indent, int hang,
                     const struct report_style *style) {
  int width = sheet_style(style).width;
  int column = 0;
  while (*text) {
    size_t n = word_length(text);
    int w = text_width(text, n);
    if (column > 0 && column + 1 + w > width) {
      buf_putc(out, '\n');
      column = 0;
      indent += hang;
      hang = 0;
    }
    int gap = column == 0 ? indent : 1;
    buf_pad(out, ' ', (size_t)gap);
    buf_putn(out, text, n);
    column += gap + w;
    text += n;
    text += strspn(text, " ");
  }
  buf_putc(out, '\n');
}
