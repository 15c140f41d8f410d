using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>What makes no sense is refused by name before anything is trained: one line, the right exit code, nothing left behind.</summary>
[TestClass]
public sealed class RefusalTests : IDisposable
{
    private const string DrivenConfig = """
        {
          "observationSize": 1, "controlColumnName": "Controls", "controlSize": 1, "horizon": 2, "sequenceIdColumnName": "SequenceId",
          "generative": { "type": "DeepMarkov", "latentSize": 1, "transition": { "type": "Linear" }, "emission": { "type": "Gaussian", "hiddenLayers": 0 }, "conditioning": {} },
          "inference": { "type": "Structured", "hiddenSize": 4 },
          "epochs": 1, "batchSize": 8, "particles": 16, "filteringProposal": { "epochs": 1 }
        }
        """;

    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    // There is not even a training file: options come first.
    [TestMethod]
    [DataRow(""" "epoch": 3 """, "Unknown option 'epoch'; did you mean 'epochs'?")]
    [DataRow(""" "bound": { "type": "Elbo", "tilt": {} } """, "'tilt' is an option of Bound 'Fivo', not of 'Elbo'")]
    [DataRow(""" "bound": { "type": "Iwae", "samples": 4, "tilt": {} } """, "'tilt' is an option of Bound 'Fivo', not of 'Iwae'")]
    [DataRow(""" "bound": { "type": "Fivo", "samples": 4, "criterion": { "type": "Never" }, "tilt": {} } """, "Bound.Tilt changes nothing with Criterion 'Never'")]
    [DataRow(""" "bound": { "type": "Fivo", "samples": 0 } """, "Bound.Samples is 0; it must be at least 1")]
    [DataRow(""" "particles": 0 """, "Particles is 0; it must be at least 1")]
    [DataRow(""" "bound": { "type": "Elbo", "klWarmUpUpdates": 9, "klSchedule": { "type": "LinearInUpdates" } } """, "Bound.KlWarmUpUpdates is 9 beside a KlSchedule")]
    [DataRow(""" "filteringProposal": { "network": { "type": "Structured", "direction": "Backward" } } """, "FilteringProposal.Network reads the future")]
    [DataRow(""" "filteringProposal": { "network": { "type": "SmoothingPath" } } """, "FilteringProposal.Network reads the future")]
    [DataRow(""" "filteringProposal": { "network": { "type": "Flow", "base": { "type": "MeanField", "direction": "Both" } } } """, "FilteringProposal.Network reads the future")]
    [DataRow(""" "generative": { "type": "GaussianHmm" }, "observationSize": 2 """, "The Gaussian HMM is scalar, but there are 2 numbers per step")]
    [DataRow(""" "inference": { "type": "Exact" } """, "Inference is Exact, but Generative is not linear-Gaussian")]
    [DataRow(""" "bound": { "type": "ExactLikelihood" } """, "Bound is ExactLikelihood, but Generative is not linear-Gaussian")]
    [DataRow(""" "generative": { "type": "DeepMarkov", "conditioning": {} } """, "Generative reads controls; set ControlColumnName or StaticColumnName.")]
    [DataRow(""" "controlColumnName": "Controls" """, "ControlColumnName is set, but Generative does not read controls")]
    [DataRow(""" "inference": { "type": "Iterative", "encoding": "Direct", "update": "LearnedSgd" } """, "Inference.Update LearnedSgd steps along a gradient, which Encoding Direct does not take")]
    public void OptionsAreRefusedBeforeAnyFileIsRead(string options, string sentence)
    {
        string config = _line.Write("config.json", $"{{ {options} }}");
        Assert.AreEqual(ExitCode.Usage, _line.Run("train", config, "--train", _line.Path("none.parquet"), "--model", _line.Path("m.zip")), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), sentence);
        AssertNothingElse();
        Assert.IsFalse(File.Exists(_line.Path("m.zip")));
    }

    [TestMethod]
    public void AControlColumnThatIsMissingIsNamedByEveryVerb()
    {
        string driven = WriteDriven("driven.parquet", steps: 8), undriven = _line.WriteSequences("undriven.parquet");
        string config = _line.Write("config.json", DrivenConfig), model = _line.Path("m.zip"), output = _line.Path("out.parquet");
        Assert.AreEqual(ExitCode.BadFile, _line.Run("train", config, "--train", undriven, "--model", model, "--device", "cpu"), _line.Messages);
        StringAssert.Contains(_line.ErrorLines.Single(), $"'{undriven}': ");
        StringAssert.Contains(_line.ErrorLines.Single(), "'Controls'");
        Assert.IsFalse(File.Exists(model));
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", config, "--train", driven, "--model", model, "--device", "cpu"), _line.Messages);
        foreach (string[] verb in new string[][]
        {
            ["evaluate", model, undriven],
            ["score", model, undriven, "--output", output],
            ["forecast", model, undriven, "--horizon", "2", "--output", output],
            ["sample", model, "--prefix", undriven, "--prefix-length", "2", "--length", "4", "--output", output],
        })
        {
            Assert.AreEqual(ExitCode.BadFile, _line.Run([.. verb, "--device", "cpu"]), _line.Messages);
            StringAssert.Contains(_line.ErrorLines.Single(), $"'{undriven}': ");
            StringAssert.Contains(_line.ErrorLines.Single(), "'Controls'");
            AssertNothingElse();
            Assert.IsFalse(File.Exists(output));
        }
    }

    [TestMethod]
    public void ControlsTooShortForTheHorizonAreNamedByRowAndLengths()
    {
        string driven = WriteDriven("driven.parquet", steps: 8), plain = WriteDriven("short.parquet", steps: 7);
        string model = _line.Path("m.zip"), output = _line.Path("out.parquet");
        Assert.AreEqual(ExitCode.Ok, _line.Run("train", _line.Write("config.json", DrivenConfig), "--train", driven, "--model", model, "--device", "cpu"), _line.Messages);
        foreach (string[] verb in new string[][]
        {
            ["score", model, plain, "--output", output],
            ["forecast", model, plain, "--horizon", "2", "--output", output],
        })
        {
            Assert.AreEqual(ExitCode.BadFile, _line.Run([.. verb, "--device", "cpu"]), _line.Messages);
            foreach (string part in new[] { $"'{plain}': row 0", "'row 0'", "2 steps after the first 6 need controls for 8 steps, but there are 7" })
                StringAssert.Contains(_line.ErrorLines.Single(), part);
            AssertNothingElse();
            Assert.IsFalse(File.Exists(output));
        }
        // What needs no forecast needs no plan.
        Assert.AreEqual(ExitCode.Ok, _line.Run("score", model, plain, "--columns", "FilteredMean", "--output", output, "--device", "cpu"), _line.Messages);
    }

    private void AssertNothingElse()
    {
        Assert.AreEqual(1, _line.Messages.TrimEnd().Split('\n').Length, _line.Messages);
        Assert.AreEqual("", _line.Output);
    }

    // Six observed steps, and controls for more.
    private string WriteDriven(string name, int steps)
    {
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(i => new DrivenRow
        {
            SequenceId = $"row {i}",
            Observations = [.. Enumerable.Range(0, 6).Select(t => (float)Math.Sin(i + t))],
            Controls = [.. Enumerable.Range(0, steps).Select(t => (float)Math.Cos(i + t))],
        })), _line.Path(name));
        return _line.Path(name);
    }

    private sealed class DrivenRow
    {
        public string SequenceId { get; set; } = "";

        public float[] Observations { get; set; } = [];

        public float[] Controls { get; set; } = [];
    }
}
