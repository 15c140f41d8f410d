using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Examples.Demo;

/// <summary>
/// A deep Markov model learns the two-dimensional nonlinear system from its observations alone, and is compared with a
/// particle filter that is given the true system.
/// </summary>
internal static class SyntheticDemo
{
    private const string SystemName = "synthetic11";
    private const int Samples = 500;
    private const int ReferenceParticles = 10_000;
    private const double Tolerance = 0.02;

    public static int Run(Workshop workshop)
    {
        string data = workshop.Output("data");
        string model = workshop.Output("model.zip");
        string train = Path.Combine(data, "train.parquet");
        string validation = Path.Combine(data, "valid.parquet");
        string test = Path.Combine(data, "test.parquet");
        string scored = workshop.Output("test-scored.parquet");
        string scoredValidation = workshop.Output("valid-scored.parquet");

        workshop.Run("generate", "generate", SystemName, "--output", data);
        workshop.Run("train", "train", workshop.Config("synthetic11-dmm.json"), "--train", train, "--validation", validation,
            "--model", model, "--seed", "1");
        Evaluation evaluation = workshop.Evaluate("evaluate", model, test, Samples);
        workshop.Run("score", "score", model, test, "--output", scored);
        workshop.Run("score validation", "score", model, validation, "--output", scoredValidation);

        ParticleFilterResult reference = workshop.Time("reference", () => Reference(test));
        var report = new SyntheticReport
        {
            System = SystemName,
            Model = ModelFigures.Of(evaluation, LatentError("SmoothedMean"), LatentError("FilteredMean")),
            Reference = ReferenceFigures.Of(reference, SequenceFile.Read(test, "Latents"), ReferenceParticles),
            Tolerance = Tolerance,
            Times = workshop.Times,
        };
        report.Print();
        report.Save(workshop.Output("report.json"));
        return report.Passed ? 0 : 1;

        double LatentError(string column) => CompareLatents(
            new Latents(SequenceFile.Read(scoredValidation, column), SequenceFile.Read(validation, "Latents")),
            new Latents(SequenceFile.Read(scored, column), SequenceFile.Read(test, "Latents")));
    }

    private static ParticleFilterResult Reference(string test)
    {
        SyntheticSystem system = SyntheticSystems.Get(SystemName);
        return new BootstrapParticleFilter(system, ReferenceParticles).Run(SequenceFile.ReadSplit(test, system.LatentSize));
    }

    /// <summary>RMSE on the test split, after the affine map fitted on the validation split.</summary>
    private static double CompareLatents(Latents validation, Latents test)
    {
        int size = SyntheticSystems.Get(SystemName).LatentSize;
        int modelSize = size * test.Model[0].Length / test.True[0].Length;
        return AffineMap.Fit(validation.Model, validation.True, modelSize, size).RootMeanSquaredError(test.Model, test.True);
    }

    private sealed record Latents(List<float[]> Model, List<float[]> True);
}
