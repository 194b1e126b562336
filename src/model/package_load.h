/* Inside the package: how its files get in. */
#ifndef ELIGO_MODEL_PACKAGE_LOAD_H
#define ELIGO_MODEL_PACKAGE_LOAD_H

#include "model/package.h"

/* The library's file FOLDER/NAME.eligo with its imports, read at its first use; NULL, without a report, when
 * there is none. */
PackageFile *package_library_file(Package *package, const char *folder, const char *name);

/* A path that the text of `file` names: relative to the file's folder. */
const char *path_beside(Arena *arena, const char *file, const char *named);

#endif
