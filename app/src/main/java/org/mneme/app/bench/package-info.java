/// What `mneme bench` measures.
@NullMarked
package org.mneme.app.bench;

import org.jspecify.annotations.NullMarked;
