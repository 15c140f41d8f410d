using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The networks of an emission.</summary>
public abstract class EmissionModule(string name) : nn.Module(name)
{
    /// <summary>log p(x_t | input) of the observed dimensions, in nats: [.., I] and [.., D] to [..].</summary>
    /// <param name="input">What the model feeds the emission at each step, [.., I].</param>
    /// <param name="observation">[.., D], broadcast over particles.</param>
    /// <param name="observed">1 where observed, [.., D]; null when everything is.</param>
    public virtual Tensor LogLikelihood(Tensor input, Tensor observation, Tensor? observed) => Sum(LogDensities(input, observation), observed);

    /// <summary>Whether the networks can be laid on a tape. Default false.</summary>
    internal virtual bool HasTape => false;

    /// <summary>Lays the networks on a tape, over sources side by side: what <see cref="LogLikelihoodOf"/> reads.</summary>
    internal virtual TapeValue[] Lay(ScanTape tape, IReadOnlyList<ITapeSource> input) => throw new NotSupportedException($"{GetName()} has no tape.");

    /// <summary>As <see cref="LogLikelihood"/>, of what the networks that <see cref="Lay"/> lays give.</summary>
    internal Tensor LogLikelihoodOf(IReadOnlyList<Tensor> laid, Tensor observation, Tensor? observed) => Sum(LogDensitiesOf(laid, observation), observed);

    /// <summary>The gradient of the sum of <see cref="LogLikelihoodOf"/>, with nothing missing, in each of what the networks give.</summary>
    internal virtual IReadOnlyList<Tensor> SlopesOf(IReadOnlyList<Tensor> laid, Tensor observation)
    {
        using var gradients = enable_grad();
        Tensor[] given = [.. laid.Select(part => part.detach().requires_grad_())];
        return [.. autograd.grad([LogLikelihoodOf(given, observation, null).sum()], given)];
    }

    /// <summary>As <see cref="Mean"/>, likewise; where <see cref="HasMean"/>.</summary>
    internal virtual Tensor MeanOf(IReadOnlyList<Tensor> laid) => throw new NotSupportedException($"{GetName()} has no tape.");

    /// <summary>As <see cref="LogDensities"/>, likewise.</summary>
    private protected virtual Tensor LogDensitiesOf(IReadOnlyList<Tensor> laid, Tensor observation) => throw new NotSupportedException($"{GetName()} has no tape.");

    private static Tensor Sum(Tensor terms, Tensor? observed) => (observed is null ? terms : terms * observed).sum(-1);

    /// <summary>Whether <see cref="LogLikelihood"/> takes observations [point, 1, row, D] beside an input [particle, row, I], and gives
    /// [point, particle, row]; where it does not, anomaly scores ask for one point at a time. Default false.</summary>
    public virtual bool BroadcastsObservations => false;

    // Numbers of one pass: 32 MB of float32.
    private const long NumbersPerPass = 8_000_000;

    /// <summary>log p(x | input) of many points under many inputs of the same row, in nats: [row, point, particle], contiguous.</summary>
    /// <param name="input">[particle, row, I]</param>
    /// <param name="points">[point, row, D]</param>
    /// <param name="observed">1 where the row's step was observed, [row, D]; null when everything is.</param>
    internal virtual Tensor CrossLogLikelihood(Tensor input, Tensor points, Tensor? observed)
    {
        if (IsGaussian)
        {
            var (mean, variance) = Moments(input);
            return new DiagonalGaussian(mean, variance).CrossLogProbability(points, observed);
        }
        using var scope = NewDisposeScope();
        long count = points.shape[0], numbers = input.shape[0] * points.shape[1] * points.shape[2];
        long pass = BroadcastsObservations ? Math.Clamp(NumbersPerPass / numbers, 1, count) : 1;
        var parts = new List<Tensor>();
        for (long start = 0; start < count; start += pass)
        {
            using var step = NewDisposeScope();
            var some = points.narrow(0, start, Math.Min(pass, count - start));
            var density = BroadcastsObservations ? LogLikelihood(input, some.unsqueeze(1), observed)
                : LogLikelihood(input, some[0], observed).unsqueeze(0);
            parts.Add(density.permute(2, 0, 1).MoveToOuterDisposeScope());
        }
        return cat([.. parts], 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>log p(x_t,d | input) of every dimension, given those before it where they are dependent: [.., D].</summary>
    protected abstract Tensor LogDensities(Tensor input, Tensor observation);

    /// <summary>Whether <see cref="Mean"/> exists; else average samples.</summary>
    public virtual bool HasMean => true;

    /// <summary>Whether p(x_t | input) is Gaussian with independent dimensions, so that <see cref="Moments"/> says all of it.</summary>
    public virtual bool IsGaussian => false;

    /// <summary>E[x_t | input]: [.., I] to [.., D].</summary>
    /// <exception cref="InvalidOperationException"><see cref="HasMean"/> is false.</exception>
    public abstract Tensor Mean(Tensor input);

    /// <summary>Mean and variance of x_t | input, each [.., D].</summary>
    /// <exception cref="InvalidOperationException"><see cref="IsGaussian"/> is false.</exception>
    public virtual (Tensor Mean, Tensor Variance) Moments(Tensor input) =>
        throw new InvalidOperationException($"{GetName()} is not Gaussian; no mean and variance describe it.");

    /// <summary>The uniform numbers that one draw of x_t takes.</summary>
    public virtual int UniformsPerStep(int observationSize) => observationSize;

    /// <summary>A draw of x_t | input: [.., D].</summary>
    /// <param name="input">[.., I]</param>
    /// <param name="uniform">Uniform on [0, 1), [.., <see cref="UniformsPerStep"/>].</param>
    public abstract Tensor Sample(Tensor input, Tensor uniform);

    /// <summary>K where <see cref="StartAt(ObservationStatistics)"/> wants the frequencies of the codes 0 … K − 1; 0 where it does not.</summary>
    public virtual int CountedCodes => 0;

    /// <summary>Sets the output bias so that the untrained emission predicts the training mean.</summary>
    /// <param name="mean">Mean of the observed training values, [D].</param>
    /// <param name="variance">Their variance, [D].</param>
    public abstract void StartAt(Tensor mean, Tensor variance);

    /// <summary>Sets the output bias so that the untrained emission predicts what the training data hold on average.</summary>
    public virtual void StartAt(ObservationStatistics statistics) => StartAt(statistics.Mean, statistics.Variance);
}
