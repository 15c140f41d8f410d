using Microsoft.ML.StateSpace.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>A filter as a function of one step: what it carries from step to step lies open, so that anybody can keep it.</summary>
internal interface IStepFilter
{
    /// <summary>The number type in which batches are wanted.</summary>
    ScalarType Type { get; }

    /// <summary>Rows that are best stepped together; 1 where a row's last bits would depend on its neighbours.</summary>
    /// <param name="begins">Whether it is the rows' first step.</param>
    int RowsTogether(bool begins);

    /// <summary>What is carried of every row, in the order in which it is handed over.</summary>
    IReadOnlyList<StateField> Fields { get; }

    /// <summary>Filters one step of rows that all begin or all go on.</summary>
    /// <param name="batch">The rows' step: a batch of one step.</param>
    /// <param name="carried">What the rows' step before left, [row, ·] for each of <see cref="Fields"/>; null: the rows begin.</param>
    SteppedRows Step(SequenceBatch batch, IReadOnlyList<Tensor>? carried);

    /// <summary>Forecasts what follows, without moving anything on.</summary>
    ForecastTensors Forecast(IReadOnlyList<Tensor> carried, FutureQuery query);
}

/// <summary>A part of what a filter carries of one row.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Type">Number type; bytes are the state of a random generator.</param>
/// <param name="Shape">Its shape, the row's dimension left out.</param>
internal sealed record StateField(string Name, ScalarType Type, long[] Shape)
{
    /// <summary>Its size.</summary>
    public int Bytes => checked((int)(Shape.Aggregate(1L, (a, b) => a * b) * Type switch
    {
        ScalarType.Int64 => sizeof(long),
        ScalarType.Float32 => sizeof(float),
        ScalarType.Float64 => sizeof(double),
        _ => throw new NotSupportedException($"A filter's state of type {Type} cannot be kept."),
    }));

    /// <summary>The field of a tensor [row, ·].</summary>
    public static StateField Of(string name, Tensor tensor) => new(name, tensor.dtype, tensor.shape[1..]);
}

/// <summary>What a step says of its rows.</summary>
/// <param name="Mean">E[z_t | x_1 … x_t], [row, Z].</param>
/// <param name="Std">Its standard deviation, [row, Z].</param>
/// <param name="LogLikelihood">log p(x_t | x_1 … x_{t−1}) in nats, [row]; 0 where nothing is observed.</param>
/// <param name="EffectiveSampleSize">[row]; the number of particles where there are none to degenerate.</param>
/// <param name="Carried">What the next step goes on from: contiguous, [row, ·].</param>
internal sealed record SteppedRows(Tensor Mean, Tensor Std, Tensor LogLikelihood, Tensor EffectiveSampleSize, Tensor[] Carried)
{
    /// <summary>P(log p(X) ≤ log p(x_t)) for X drawn from the prediction, [row]; NaN where nothing is observed; null: not asked for.</summary>
    public Tensor? TailProbability { get; init; }

    public SteppedRows MoveToOuterDisposeScope() => new(Mean.MoveToOuterDisposeScope(), Std.MoveToOuterDisposeScope(),
        LogLikelihood.MoveToOuterDisposeScope(), EffectiveSampleSize.MoveToOuterDisposeScope(),
        [.. Carried.Select(part => part.MoveToOuterDisposeScope())])
    {
        TailProbability = TailProbability?.MoveToOuterDisposeScope(),
    };
}
