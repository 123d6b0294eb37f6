/// From labelled files to batches for fine-tuning, and from the scores of windows back to answers.
/// Examples are read one at a time ([org.mneme.data.task.TaskReader]), become rows of tokens with
/// targets ([org.mneme.data.task.TaskFeatures]), and these batches that are addressed by index
/// ([org.mneme.data.task.TaskBatches]). No tensors.
@NullMarked
package org.mneme.data.task;

import org.jspecify.annotations.NullMarked;
