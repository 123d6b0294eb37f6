/// Streaming scores of answers against gold ones: one class per family of tasks, each adds answers
/// up, merges with others of its class and gives its figures by name. No tensors.
///
/// Nothing depends on the order of answers or on how they were split among scores that are merged:
/// figures are the same to the bit. `docs/reference/metrics.md` has each figure's formula.
@NullMarked
package org.mneme.metric;

import org.jspecify.annotations.NullMarked;
