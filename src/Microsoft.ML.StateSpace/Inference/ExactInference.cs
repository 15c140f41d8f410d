using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The exact conditional of a linear-Gaussian model, without parameters of its own: p(z_t | z_{t−1}, x_t … x_T) backward,
/// p(z_t | z_{t−1}, x_t) forward.</summary>
/// <remarks>Backward, the ELBO (with sampled KL) and IWAE are the exact likelihood for any number of particles (Maddison et al. 2017).
/// Weights are equal at the end of a sequence, not on the way: resampling adds noise that forward conditionals do not have.</remarks>
public sealed record ExactInference : InferenceNetwork
{
    /// <summary>Backward: given all that follows; forward: given x_t only. Default backward.</summary>
    public Direction Direction { get; init; } = Direction.Backward;

    /// <inheritdoc/>
    public override bool UsesFuture => Direction != Direction.Forward;

    /// <inheritdoc/>
    public override InferenceNetwork? FilteringForm => this with { Direction = Direction.Forward };

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new ExactInferenceModule((ILinearGaussian)model, UsesFuture);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(GenerativeModel model) => model.IsLinearGaussian ? []
        : [$"Inference is Exact, but Generative is not linear-Gaussian; choose LinearGaussian or GaussianHmm, or an inference network that learns."];

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Direction is not (Direction.Forward or Direction.Backward))
            yield return $"Direction is {Direction}; z_{{t−1}} already holds what came before, so choose Forward or Backward.";
    }
}

internal sealed class ExactInferenceModule(ILinearGaussian model, bool usesFuture) : InferenceModule(nameof(ExactInference), readsMask: false)
{
    // A function and no module: the model's parameters are not this network's.
    private readonly Func<Func<int, StepInputs>, ScalarType, LinearGaussianSystem> _system = model.System;

    // The states of every packed step.
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var system = _system(t => batch.Inputs(batch.Step(t)), batch.Type);
        var path = usesFuture ? ExactConditionals.Smoothing(system, batch) : ExactConditionals.Filtering(system, batch);
        var (matrices, offsets, factors) = (new Tensor[batch.Steps], new Tensor[batch.Steps], new Tensor[batch.Steps]);
        for (int t = 0; t < batch.Steps; t++)
        {
            var (offset, covariance) = t == 0 ? (path.First.Mean, path.First.Covariance) : (path[t].Offset, path[t].Covariance);
            (offsets[t], matrices[t], factors[t]) = States(t == 0 ? zeros_like(covariance) : path[t].Matrix, offset, covariance, batch.Active[t], t);
        }
        return new Encoding(batch, cat(offsets, 0).MoveToOuterDisposeScope(), cat(matrices, 0).MoveToOuterDisposeScope(),
            cat(factors, 0).MoveToOuterDisposeScope());
    }

    public override bool ReadsByStep => !usesFuture;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried)
    {
        if (usesFuture)
            return base.Read(batch, rows, carried);
        using var scope = NewDisposeScope();
        var inputs = batch.Inputs(rows);
        bool begins = inputs.Step[0].item<long>() == 0;
        // What is missing elsewhere in the batch must not choose other products here, whose last bits differ: a mask always.
        var observations = rows.Of(batch.Observations);
        var observed = batch.Observed is null ? ones_like(observations) : rows.Of(batch.Observed);
        var conditional = ExactConditionals.Filtering(_system(_ => inputs, batch.Type), observations, observed, begins ? 0 : 1);
        var matrix = begins ? zeros_like(conditional.Covariance) : conditional.Matrix;
        var (offsets, matrices, factors) = States(matrix, conditional.Offset, conditional.Covariance, rows.Count, begins ? 0 : 1);
        return new StepReading([offsets.MoveToOuterDisposeScope(), matrices.MoveToOuterDisposeScope(), factors.MoveToOuterDisposeScope()], []);
    }

    // g, and G and the factor of V row by row, of N(G z_{t−1} + g, V). Matrices that solvers give lie by columns, and products of those
    // round otherwise: all lie by rows, as those do that come out of a batch's packed steps.
    private static (Tensor Offset, Tensor Matrix, Tensor Factor) States(Tensor matrix, Tensor offset, Tensor covariance, long rows, int step) =>
        (offset.expand(rows, offset.shape[^1]).contiguous(), matrix.PerRow(rows).flatten(1).contiguous(),
            covariance.Cholesky("conditional covariance", step).PerRow(rows).flatten(1).contiguous());

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var mean = query.Rows.Of(query.Encoding.States[0]);
        long size = mean.shape[1];
        Tensor Square(int state) => query.Rows.Of(query.Encoding.States[state]).view(-1, size, size);
        if (query.Past.Latent is { } latent)
            mean = mean + Square(1).Apply(latent);
        var factor = Square(2);
        return size == 1 ? new DiagonalGaussian(mean, factor.square().squeeze(-1).expand_as(mean)) : new FullGaussian(mean, factor);
    }
}
