/* small_sample.h: tests of fixed effects with degrees of freedom.
 *
 * Satterthwaite: Giesbrecht & Burns (1985) for one row, Fai & Cornelius (1996) for several.  Kenward & Roger (1997).  Between and
 * within units: Schluchter & Elashoff (1990), SAS's BETWITHIN, for any number of nested units as Pinheiro & Bates (2000, p. 91).
 */
#ifndef KIN_SMALL_SAMPLE_H
#define KIN_SMALL_SAMPLE_H

#include "runtime/inference/fit.h"
#include "runtime/reml/fixed.h"

struct small_sample {
  struct df_choice choice;
  const char *why_not; /* there are no degrees of freedom, since ...; NULL: there are */
  const struct reml_fixed *fixed;
  const double *vcov;      /* p x p over all columns of X: adjusted under KR; NaN where aliased */
  const double *column_df; /* BETWEEN_WITHIN: p */
};

/* Worked out at the first call, kept by the fit. */
const struct small_sample *fit_small_sample(const struct fit *f);
/* "kr", as fit() takes it. */
const char *df_word(enum df_method m);
bool df_read(const char *word, enum df_method *m);
/* "Kenward-Roger, expected information, second derivatives of V"; in the arena. */
const char *df_text(struct arena *a, const struct fit *f);

/* Of a row l (p, zero where a coefficient is aliased): the estimate less v, its standard error, degrees of freedom (NaN: none). */
struct t_test {
  double estimate, se, df, t, p; /* two-sided; t NaN where se is 0 */
};
struct t_test t_test_of(const struct fit *f, const double *l, double v);

/* Rows of L (h x p, row by row), v (h). */
struct f_test {
  double f;
  int ndf;
  double ddf, p;   /* NaN: not to be had */
  bool consistent; /* false: the hypotheses contradict each other */
};
struct f_test f_test_of(struct arena *scratch, const struct fit *f, int h, const double *l, const double *v);

#endif
