/// Plain records in, text, HTML and SVG out: the tables of the terminal and the pages a run leaves
/// behind. Knows no tensors.
///
/// [org.mneme.report.ReportPage] composes the pages of this project from numbers and names;
/// [org.mneme.report.Page] with its [org.mneme.report.Section]s is the general form,
/// [org.mneme.report.HtmlWriter] turns one into a file that needs nothing else,
/// [org.mneme.report.TextTable] prints a [org.mneme.report.Table] for people who stay in the
/// terminal.
@NullMarked
package org.mneme.report;

import org.jspecify.annotations.NullMarked;
