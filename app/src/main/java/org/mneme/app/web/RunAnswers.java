package org.mneme.app.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mneme.run.RunComparison;
import org.mneme.run.RunRecord;
import org.mneme.run.RunRecord.SavedStep;
import org.mneme.run.RunSummary;

/// What the page asks about runs.
final class RunAnswers {
  private final RunCatalog catalog;

  RunAnswers(RunCatalog catalog) {
    this.catalog = catalog;
  }

  /// What does not grow by the line.
  ///
  /// @param report whether the run has a page of its own
  record Details(
      RunSummary summary,
      Map<String, String> settings,
      Map<String, String> provenance,
      List<SavedStep> checkpoints,
      boolean report) {}

  /// The table of runs.
  List<RunCatalog.Row> runs() {
    return catalog.rows();
  }

  /// State, settings and checkpoints of the run `id`.
  Optional<Details> run(Query query) {
    return catalog
        .folder(query.first("id"))
        .map(folder -> {
          RunRecord run = RunRecord.read(folder);
          return new Details(
              RunSummary.of(run),
              run.settings(),
              run.provenance(),
              run.checkpoints(),
              Files.isRegularFile(folder.resolve("report.html")));
        });
  }

  /// What `metrics.jsonl` of the run `id`, or with `file=usage` its `usage.jsonl`, has from byte
  /// `from` on.
  Optional<Tail> lines(Query query) throws IOException {
    Optional<Path> folder = catalog.folder(query.first("id"));
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    String file = query.first("file").equals("usage") ? "usage.jsonl" : "metrics.jsonl";
    return Optional.of(Tail.of(folder.get().resolve(file), query.number("from")));
  }

  /// The runs of all `id`s side by side.
  Optional<RunComparison> compare(Query query) {
    List<RunRecord> runs = new ArrayList<>();
    for (String id : query.all("id")) {
      Optional<Path> folder = catalog.folder(id);
      if (folder.isEmpty()) {
        return Optional.empty();
      }
      runs.add(RunRecord.read(folder.get()));
    }
    return runs.isEmpty() ? Optional.empty() : Optional.of(RunComparison.of(runs));
  }
}
