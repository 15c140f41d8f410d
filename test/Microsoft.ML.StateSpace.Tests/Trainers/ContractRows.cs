using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>A row of any length with all that a model takes.</summary>
internal sealed class RaggedRow
{
    public string Name { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public bool[] Mask { get; set; } = [];

    public float[] Actions { get; set; } = [];

    public double[] Clock { get; set; } = [];

    public float Level { get; set; }
}

/// <summary>A row whose length its type says.</summary>
internal sealed class FixedRow
{
    public string Name { get; set; } = "";

    [VectorType(ContractRows.Steps, 2)]
    public float[] Observations { get; set; } = [];

    [VectorType(ContractRows.Steps)]
    public bool[] Mask { get; set; } = [];

    [VectorType(ContractRows.Steps + ContractRows.Horizon, 1)]
    public float[] Actions { get; set; } = [];

    [VectorType(ContractRows.Steps)]
    public double[] Clock { get; set; } = [];
}

/// <summary>The rows that the contract of estimators is tried on, and the trainers of them.</summary>
internal static class ContractRows
{
    public const int Steps = 5, Horizon = 2;

    public static DeepMarkovTrainer.Options Options() => Rows.Options(epochs: 1);

    public static DeepMarkovTrainer.Options Driven() => Options() with
    {
        ControlColumnName = "Actions",
        ControlSize = 1,
        TimeColumnName = "Clock",
        SamplePaths = 3,
        Generative = (DeepMarkovModel)Options().Generative with { Conditioning = new Conditioning { TimeGap = true } },
    };

    public static List<RaggedRow> Ragged(int count)
    {
        var random = new Random(6);
        return [.. Rows.Make(count).Select(row => new RaggedRow
        {
            Name = row.Name,
            Observations = row.Observations,
            Mask = row.Mask,
            Actions = [.. Enumerable.Range(0, row.Mask.Length + Horizon).Select(_ => (float)random.NextDouble())],
            Clock = [.. Enumerable.Range(0, row.Mask.Length).Select(t => 2.0 * t)],
            Level = 1,
        })];
    }

    public static List<FixedRow> Fixed(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i => new FixedRow
        {
            Name = $"row {i}",
            Observations = [.. Enumerable.Range(0, Steps * 2).Select(_ => (float)random.NextDouble())],
            Mask = [.. Enumerable.Range(0, Steps).Select(t => t != i % 4)],
            Actions = [.. Enumerable.Range(0, Steps + Horizon).Select(_ => (float)random.NextDouble())],
            Clock = [.. Enumerable.Range(0, Steps).Select(t => 2.0 * t)],
        })];
    }
}
