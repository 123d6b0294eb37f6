package org.mneme.app.cli;

import java.util.concurrent.Callable;
import org.mneme.app.run.EstimateTables;
import org.mneme.app.run.MemoryForecast;
import org.mneme.run.RunConfig;
import org.mneme.run.estimate.Estimate;
import org.mneme.run.estimate.MachineSpeed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Says what a training run will take.
@Command(
    name = "estimate",
    description = {
      "Say what a training run will take of memory, disk and time, without training.",
      "Parameters and bytes are counted part by part from the settings and the model's sizes; for"
          + " the time this machine is measured for some seconds, so leave it alone meanwhile."
    })
final class EstimateCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SettingsOptions settings = new SettingsOptions();

  @Option(names = "--no-time", description = "Measure nothing: no figures of time.")
  private boolean timeless;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  EstimateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    RunConfig config = settings.read();
    Estimate estimate = Estimate.of(config);
    MachineSpeed speed =
        timeless ? null : MachineSpeed.measure(config.precision(), estimate.model().dim());
    EstimateTables tables = new EstimateTables(estimate, speed);
    if (json) {
      console.json(tables.json());
    } else {
      console.result(tables.text());
    }
    var forecast = new MemoryForecast(config, estimate, MemoryForecast.availableNow());
    if (forecast.exceeds()) {
      console.note(forecast.warning());
    }
    return ExitCode.OK;
  }
}
