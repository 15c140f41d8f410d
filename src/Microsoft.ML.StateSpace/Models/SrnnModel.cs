using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The stochastic recurrent network (Fraccaro et al. 2016): h_t = RNN(enc_x(x_{t−1})), z_t ~ prior(h_t, enc_z(z_{t−1})),
/// x_t ~ emission(enc_z(z_t), h_t).</summary>
public sealed record SrnnModel : RecurrentModel
{
    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) =>
        new RecurrentModelModule(this, latentInPath: false, data, initializer);
}
