/// Settings: nested records read strictly from YAML or JSON, printed, and described by a schema.
@NullMarked
package org.mneme.config;

import org.jspecify.annotations.NullMarked;
