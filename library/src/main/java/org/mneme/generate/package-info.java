/// What models make of text: vectors and fillings of masks.
@NullMarked
package org.mneme.generate;

import org.jspecify.annotations.NullMarked;
