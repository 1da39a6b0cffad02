/* check_fuzz.c: any bytes as a script that is checked against a small table: syntax, names, types, designs, models, formulas.
 *
 * The script finds the data of tests/errors.  Whatever it is, the check ends, and leaves no memory behind.
 */
#include "runtime/kin.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void count(void *arg, const char *text, size_t n) {
  (void)text;
  *(size_t *)arg += n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  size_t told = 0;
  struct kin_options o = {.out = count, .err = count, .sink_arg = &told, .threads = 1};
  struct kin *k = kin_new(&o);
  if (!k) abort();
  enum kin_status status = kin_check(k, "fuzz.kin", "tests/errors", (const char *)bytes, n);
  if (status != KIN_OK && told == 0) abort(); /* refused without a word */
  kin_free(k);
  return 0;
}

#ifdef KIN_FUZZ_MAIN
#include <stdio.h>

int main(int argc, char **argv) {
  static uint8_t bytes[1 << 20];
  for (int i = 1; i < argc; i++) {
    FILE *f = fopen(argv[i], "rb");
    if (!f) return 1;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    LLVMFuzzerTestOneInput(bytes, n);
  }
  return 0;
}
#endif
