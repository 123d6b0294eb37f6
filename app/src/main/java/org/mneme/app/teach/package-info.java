/// Teaching a frozen causal model facts: before, after, what it cost, and the page that shows it.
@NullMarked
package org.mneme.app.teach;

import org.jspecify.annotations.NullMarked;
