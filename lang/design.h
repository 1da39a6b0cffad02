/* design.h: how a study is built, as a `design` block declares it.  No data.
 *
 * Units are columns of ids, from the finest to the coarsest; a unit's labels are local to its parent unless it is
 * `(unique)`, so that its path, the columns that tell its members apart, is the unit and its parents.  A person of a dyad
 * told apart by role is not a column: its path is the role and the dyad's path.
 *
 * A model asks for a design by name or by kind, `dyadic(role)`; the library's models name its parts by slots, `.role`.
 */
#ifndef KIN_DESIGN_LANG_H
#define KIN_DESIGN_LANG_H

#include "lang/ast.h"

enum { DESIGN_UNITS_MAX = 64, DESIGN_PATH_MAX = DESIGN_UNITS_MAX + 1 };

enum dyads {
  DYADS_NONE,
  DYADS_BY_ROLE,      /* two members told apart by a role */
  DYADS_EXCHANGEABLE, /* two members with ids */
  DYADS_ROUND_ROBIN,  /* everyone rates everyone of a group */
};

struct design_unit {
  const char *name;
  int parent;       /* index; -1: none */
  bool unique;      /* labels are global */
  struct span span; /* where it is named first */
};

struct design_place { /* where a column is named first */
  const struct design_place *next;
  const char *name;
  struct span span;
};

struct design {
  struct arena *arena;         /* counted; holds what the names live in */
  const struct source *source; /* of the spans */
  const char *name;
  struct span span; /* of the name */
  int n_units;
  const struct design_unit *unit;
  const char *time;     /* column; NULL: none */
  int time_in;          /* unit in which it runs; -1: not said */
  double step;          /* declared spacing; 0: not said */
  const char *occasion; /* column; NULL: none */
  int occasion_in;
  enum dyads dyads;
  int dyad;          /* unit; -1: none; ROUND_ROBIN: none */
  int person;        /* unit of the members' ids, `of`; -1: none (told apart by role alone) */
  int focal;         /* unit that the dyads lie in, `in`; -1: none */
  const char *role;  /* column; NULL: none */
  const char *actor; /* ROUND_ROBIN: columns of rater and target */
  const char *partner;
  int group; /* ROUND_ROBIN: unit, -1: none */
  const struct design_place *places;
};

/* The design of a DESIGN statement, in an arena of its own, which holds `keep` (NULL: nothing).  Every fault is reported;
   NULL after one. */
struct design *design_build(struct mem *m, struct diags *diags, const struct source *source,
                            const struct ast *node, struct arena *keep);

/* The unit that no unit lies in; -1: none, or more than one. */
int design_finest_unit(const struct design *d);
int design_find_unit(const struct design *d, const char *name); /* -1: none */
/* Where the design names a column first, in its source; the design's own name if it does nowhere. */
struct span design_place_of(const struct design *d, const char *column);
const char *design_near_unit(const struct design *d, const char *name);

/* The columns that tell a unit's members apart: itself and its parents up to the first unique one.  path has room for
   DESIGN_PATH_MAX; gives their number. */
int design_path(const struct design *d, int unit, const char **path);
/* The same of the members of dyads; 0 without dyads, and in round robins. */
int design_person_path(const struct design *d, const char **path);

/* The same of the unit that time runs in, `.unit`: the one that is said, else the members of dyads, else the finest unit; 0 when
   there is none, or more than one finest. */
int design_unit_path(const struct design *d, const char **path);

/* Is the column one that the design names: a unit, time, occasion, role, actor or partner? */
bool design_names(const struct design *d, const char *column);

/* "pupil in class in school; time year": its lines, as a text. */
const char *design_text(struct arena *a, const struct design *d);

/* ---- slots ---- */

/* The expression over columns that `.slot` stands for (`.member` may be role:couple, `.nesting` is school/class/pupil), in arena a with the slot's place.
   NULL: the design has none of that kind, or kin has no such slot. */
struct ast *design_slot(struct arena *a, const struct design *d, const struct ast *slot);
/* All slots, for near names; n of them. */
const char *const *design_slots(size_t *n);

/* ---- kinds: `dyadic`, `dyadic(role)`, `dyadic(role, time)`, `dyadic(exchangeable)`, `roundrobin`, `longitudinal`,
   `multilevel` ---- */

struct design_kind {
  enum { KIND_ANY, KIND_DYADIC, KIND_ROUND_ROBIN, KIND_LONGITUDINAL, KIND_MULTILEVEL } base;
  bool role, exchangeable, time;
};

/* Reads the kind after `of`: false if that is no kind (it may be a design's name); words that it does not take are
   reported. */
bool design_kind_read(struct diags *diags, const struct source *source, const struct ast *of,
                      struct design_kind *kind);
const char *design_kind_text(struct arena *a, const struct design_kind *kind); /* "dyadic(role)" */
bool design_is(const struct design *d, const struct design_kind *kind);
bool design_kind_has_slot(const struct design_kind *kind, const char *slot);

#endif
