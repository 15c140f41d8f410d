using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring;

/// <summary>Raises the ELBO of some sequences by gradient steps on what the inference network has read of them, its encoding, the weights left as they
/// are: semi-amortised inference (Kim et al. 2018), which closes the gap that amortisation leaves (Cremer et al. 2018).</summary>
/// <remarks>A proposal may depend on the observations in any way: with draws that took no part in the steps, every bound stays one.</remarks>
/// <param name="networks">The model; its weights take no gradient meanwhile.</param>
/// <param name="steps">Steps of Adam.</param>
/// <param name="rate">Its step size at first; it falls to 0 in a line.</param>
/// <param name="seed">Of the steps' draws, with each row's own key.</param>
internal sealed class EncodingRefinement(StateSpaceNetworks networks, int steps, double rate, int seed)
{
    /// <summary>The encoding after the steps.</summary>
    /// <param name="batch">Whole sequences.</param>
    /// <param name="encoding">What the inference network has read.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <exception cref="InvalidOperationException">The network has no encoding.</exception>
    public Encoding Run(SequenceBatch batch, Encoding encoding, CancellationToken cancellation)
    {
        using var gradients = enable_grad();
        using var scope = NewDisposeScope();
        using Frozen generative = new(networks.Generative), inference = new(networks.Inference);
        var start = networks.Inference.FreeOf(encoding) ?? throw new InvalidOperationException(
            $"{networks.Inference.GetName()} has no encoding that could be refined: it finds q by iteration or in closed form; set RefinementSteps to 0.");
        Parameter[] free = [.. start.Select(numbers => new Parameter(numbers.detach().clone()))];
        var inferred = new Given(networks.Inference, () => new Encoding(batch, networks.Inference.StatesOf(free)) { Path = encoding.Path });
        using var adam = optim.Adam(free, rate);
        for (int i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var group in adam.ParamGroups)
                group.LearningRate = rate * (steps - i) / steps;
            using var stepScope = NewDisposeScope();
            adam.zero_grad();
            foreach (bool mirrored in new[] { false, true })
            {
                using var noise = new Draws(new RowNoise(unchecked((seed + 1) * 1_000_003 + i), batch.NoiseKeys, 0, batch.Device, batch.Type), mirrored);
                (-new Elbo().Evaluate(new BoundQuery(networks.Generative, inferred, batch, noise)).Objective.sum()).backward();
            }
            adam.step();
        }
        return new Encoding(batch, [.. networks.Inference.StatesOf(free).Select(state => state.detach().clone().MoveToOuterDisposeScope())]) { Path = encoding.Path };
    }

    // Draws and their mirror images: where the bound is nearly a parabola, nearly all of the noise in the gradient of a mean cancels.
    private sealed class Draws(NoiseSource inner, bool mirrored) : NoiseSource
    {
        public override int Particles => inner.Particles;

        public override Tensor Normal(int rows, int size, NoisePurpose purpose) => mirrored ? -inner.Normal(rows, size, purpose) : inner.Normal(rows, size, purpose);

        public override Tensor Uniform(int rows, int size, NoisePurpose purpose) => inner.Uniform(rows, size, purpose);

        public override void Dispose() => inner.Dispose();
    }

    // The inference network, which has read the batch already.
    private sealed class Given(InferenceModule inner, Func<Encoding> encoding) : WrappedInferenceModule(nameof(Given), inner)
    {
        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => encoding();

        public override LatentDistribution Posterior(PosteriorQuery query) => inner.Posterior(query);

        internal override PathDraw? DrawPath(Encoding read, Tensor? start, NoiseSource noise) => inner.DrawPath(read, start, noise);
    }
}
