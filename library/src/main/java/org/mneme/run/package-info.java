/// One training run from its settings to its folder, and the reading and comparing of runs.
///
/// [org.mneme.run.RunFolder] is the folder, [org.mneme.run.RunLog] writes down what a run does;
/// [org.mneme.run.RunRecord] reads it again, for [org.mneme.run.RunSummary],
/// [org.mneme.run.RunComparison] and [org.mneme.run.RunPage].
@NullMarked
package org.mneme.run;

import org.jspecify.annotations.NullMarked;
