using Microsoft.ML.StateSpace.Distributions;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>A batch's noise, drawn step by step wherever it is asked for: on a device a path's is one draw, which what goes step by step does not see.</summary>
internal sealed class StepwiseNoise : NoiseSource
{
    private readonly Generator _generator = new(2);
    private readonly BatchNoise _noise;

    public StepwiseNoise(int particles, ScalarType type) => _noise = new BatchNoise(_generator, particles, type);

    public override int Particles => _noise.Particles;

    public override Tensor Normal(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) => _noise.Normal(rows, size, purpose);

    public override Tensor Uniform(int rows, int size, NoisePurpose purpose = NoisePurpose.Latent) => _noise.Uniform(rows, size, purpose);

    public override void Dispose()
    {
        _noise.Dispose();
        _generator.Dispose();
    }
}
