using System.Globalization;
using System.Text.Json;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>The demonstration's result: likelihoods in nats, errors as root mean squares over steps and dimensions.</summary>
internal sealed record SyntheticReport
{
    private static readonly JsonSerializerOptions Writing = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required string System { get; init; }

    public required ModelFigures Model { get; init; }

    public required ReferenceFigures Reference { get; init; }

    /// <summary>The model's importance-sampled likelihood less the reference's, per step.</summary>
    public double Difference => Model.ImportanceSampled.PerStep - Reference.LogLikelihoodPerStep;

    public required double Tolerance { get; init; }

    public bool Passed => Math.Abs(Difference) <= Tolerance;

    public required IReadOnlyList<StepTime> Times { get; init; }

    /// <summary>How the latents are compared.</summary>
    public string LatentComparison =>
        "RMSE after the best affine map, fitted on the validation split (a model may rotate, scale and shift its latents); the particle filter's without a map";

    /// <summary>Writes the table to stdout.</summary>
    public void Print()
    {
        Screen.Console.WriteLine($"{System}, test split: {Model.Sequences} sequences, {Model.Steps} steps");
        Table table = new Table()
            .AddColumn("").AddColumn(new TableColumn("deep Markov model").RightAligned())
            .AddColumn(new TableColumn($"particle filter, true model, {Reference.Particles} particles").RightAligned());
        table.AddRow("evidence lower bound, nats per step", Number(Model.Elbo.PerStep), "");
        table.AddRow($"log-likelihood, nats per step ({Model.Particles} importance samples)",
            Number(Model.ImportanceSampled.PerStep), Number(Reference.LogLikelihoodPerStep));
        table.AddRow("RMSE of smoothed latents", Number(Model.SmoothedRmse), Number(Reference.SmoothedRmse));
        table.AddRow("RMSE of filtered latents", Number(Model.FilteredRmse), Number(Reference.FilteredRmse));
        foreach (StepTime time in Times)
            table.AddRow($"{time.Step}, wall time in s", Column(time, "reference", false), Column(time, "reference", true));
        Screen.Console.Write(table);
        Screen.Console.MarkupLineInterpolated($"[grey]{LatentComparison}[/]");
        Screen.Console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"The model is {Difference:+0.0000;-0.0000} nats per step from the reference; allowed is {Tolerance}: [bold]{(Passed ? "passed" : "FAILED")}[/]");
    }

    /// <summary>Writes the report as JSON, complete or not at all.</summary>
    public void Save(string path)
    {
        File.WriteAllText(path + ".partial", JsonSerializer.Serialize(this, Writing));
        File.Move(path + ".partial", path, overwrite: true);
    }

    private static string Column(StepTime time, string step, bool wanted) =>
        (time.Step == step) == wanted ? time.Seconds.ToString("f1", CultureInfo.InvariantCulture) : "";

    private static string Number(double value) => value.ToString("f4", CultureInfo.InvariantCulture);
}

/// <summary>What the trained model reaches on the test split.</summary>
internal sealed record ModelFigures(
    int Sequences, long Steps, int Particles, BoundFigures Elbo, BoundFigures ImportanceSampled, double SmoothedRmse, double FilteredRmse)
{
    public static ModelFigures Of(Evaluation evaluation, double smoothedRmse, double filteredRmse) =>
        new(evaluation.Sequences, evaluation.Steps, evaluation.Particles, evaluation.Elbo, evaluation.ImportanceSampled, smoothedRmse, filteredRmse);
}

/// <summary>What a particle filter reaches that is given the true system.</summary>
internal sealed record ReferenceFigures(int Particles, double LogLikelihoodPerStep, double SmoothedRmse, double FilteredRmse)
{
    private delegate ReadOnlySpan<double> Means(int sequence);

    public static ReferenceFigures Of(ParticleFilterResult result, List<float[]> truth, int particles) =>
        new(particles, result.LogLikelihoodPerStep, Rmse(result.SmoothedMeansOf, truth), Rmse(result.FilteredMeansOf, truth));

    private static double Rmse(Means means, List<float[]> truth)
    {
        double sum = 0.0;
        long count = 0;
        for (int n = 0; n < truth.Count; n++)
        {
            ReadOnlySpan<double> estimate = means(n);
            for (int i = 0; i < estimate.Length; i++, count++)
                sum += (estimate[i] - truth[n][i]) * (estimate[i] - truth[n][i]);
        }

        return Math.Sqrt(sum / count);
    }
}
