using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Noise that is drawn step by step wherever it is asked for: on a device a path's is one draw, which what goes step by step does not see.</summary>
internal sealed class StepwiseNoise(int particles, ScalarType type) : NoiseSource
{
    private readonly Generator _generator = new(2);

    public override int Particles => particles;

    public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) =>
        randn(particles == 0 ? [rows, size] : new long[] { particles, rows, size }, type, generator: _generator);

    public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) => rand([rows, size], type, generator: _generator);

    public override void Dispose() => _generator.Dispose();
}
