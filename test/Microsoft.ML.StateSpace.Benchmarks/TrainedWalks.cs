using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Console;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>A folder, deleted in the end, with a small deep Markov model of two-dimensional walks: 8 latents, ST-R over a GRU of 32.</summary>
internal sealed class TrainedWalks : IDisposable
{
    /// <summary>D</summary>
    public const int Size = 2;

    public TrainedWalks()
    {
        string data = PathOf("train.parquet");
        Walks.Write(data, 200, 100, Size, seed: 7);
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.StateSpace.Data.LoadFromParquet(data);
        using DeepMarkovTransformer trained = ml.StateSpace.Trainers.DeepMarkov(new DeepMarkovTrainer.Options
        {
            ObservationSize = Size,
            SequenceIdColumnName = "SequenceId",
            Generative = new DeepMarkovModel { LatentSize = 8, Transition = new GatedTransition { HiddenSize = 32 }, Emission = new GaussianEmission { HiddenSize = 32 } },
            Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 32 },
            FilteringProposal = new FilteringProposal { Epochs = 3 },
            Epochs = 5,
            CalibrationSteps = 0,
        }).Fit(rows);
        ml.Model.Save(trained, rows.Schema, Model);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("statespace-bench-").FullName;

    public string Model => PathOf("model.zip");

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Runs a command of the tool on the CPU; returns what it says.</summary>
    /// <exception cref="InvalidOperationException">It fails.</exception>
    public static string Command(params string[] arguments)
    {
        var (output, messages) = (new StringWriter(), new StringWriter());
        if (Application.Run([.. arguments, "--device", "cpu"], Terminal.Redirected(output, messages), CancellationToken.None) != ExitCode.Ok)
            throw new InvalidOperationException($"{messages}");
        return $"{output}";
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
