#include "lang/foreign.h"
#include <string.h>

static const struct foreign {
  const char *name, *instead;
} table[] = {
    {"lmer", "fit(y ~ x + (1 | g), d)"},
    {"glmer", "fit(y ~ x + (1 | g), d)"},
    {"lme", "fit(y ~ x + (1 + x | g), d), and correlation as + residual(ar1(time | g))"},
    {"gls", "fit(y ~ x + residual(us(visit | person)), d)"},
    {"lm", "fit(y ~ x, d)"},
    {"glmmTMB", "fit(y ~ x + (1 | g), d)"},
    {"mmrm", "fit(y ~ arm * visit + residual(us(visit | patient)), d)"},
    {"library", "`use dyadic` for a module, and nothing for its own functions"},
    {"require", "`use dyadic` for a module, and nothing for its own functions"},
    {"c", "a list as [1, 2, 3]"},
    {"str", "describe(d)"},
    {"nrow", "length(d)"},
    {"colnames", "names(d)"},
    {"subset", "filter(d, x > 0)"},
    {"mutate", "derive(d, z = x + 1)"},
    {"merge", "join(d, e, by = \"id\")"},
    {"factor", "a line of the data block: x: factor"},
    {"paste", "text(a, b)"},
    {"corAR1", "residual ar1(time | person)"},
    {"corCompSymm", "residual cs | person"},
    {"corSymm", "residual us(visit | person)"},
    {"varIdent", "variance by arm"},
    {"VarCorr", "varcorr(f)"},
    {"getVarCov", "vmatrix(f, unit)"},
    {"intervals", "confint(f)"},
    {"emmeans", "means(f, ~ arm)"},
    {"emtrends", "slopes(f, x, by = arm)"},
    {"pairs", "contrasts(f, pairwise ~ arm)"},
    {"resid", "residuals(f)"},
    {"isSingular", "the report's status"},
};

const char *foreign_function(const char *name) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp(table[i].name, name) == 0) return table[i].instead;
  return NULL;
}
