using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

internal sealed class ContinuousLinearGaussianModule : GenerativeModule, ILinearGaussian
{
    // The untrained latent keeps 0.9 of itself over a unit of time, turns slowly, and has unit variance at every step.
    private const double Rate = 0.10536051565782628;
    private const float Turning = 0.1f;

    private readonly Parameter initialMean;
    private readonly CovarianceParameter initialCovariance;
    private readonly Parameter? drift;
    private readonly Parameter? turning;
    private readonly CovarianceParameter? damping;
    private readonly CovarianceParameter diffusion;
    private readonly Parameter? control;
    private readonly LinearGaussianEmissionModule emission;

    public ContinuousLinearGaussianModule(ContinuousLinearGaussianModel options, DataShape data, Initializer initializer)
        : base(nameof(ContinuousLinearGaussianModel), options.LatentSize, data)
    {
        int size = options.LatentSize;
        initialMean = initializer.Constant(size);
        initialCovariance = new CovarianceParameter(size, 1, options.DiagonalCovariances, initializer);
        if (options.Stable)
        {
            turning = initializer.Weight(size, size);
            damping = new CovarianceParameter(size, Rate, diagonal: false, initializer);
        }
        else
            drift = initializer.Identity(size, size);
        using (no_grad())
        {
            turning?.mul_(Turning);
            drift?.mul_(-(float)Rate);
        }
        diffusion = new CovarianceParameter(size, 2 * Rate, options.DiagonalCovariances, initializer);
        control = options.Controls ? initializer.Weight(size, data.ControlSize) : null;
        emission = new LinearGaussianEmissionModule(size, data.ObservationSize, initializer);
        RegisterComponents();
    }

    public override EmissionModule Emission => emission;

    /// <summary>F, [Z, Z].</summary>
    public Tensor Drift() => drift ?? turning! - turning!.transpose(0, 1) - damping!.Covariance();

    public override LatentDistribution Prior(Past past, long rows)
    {
        if (past.Latent is null)
        {
            var first = initialCovariance.Factor();
            return new FullGaussian(initialMean.expand(rows, -1), first.expand(rows, first.shape[0], first.shape[1]));
        }
        var moves = Moves(past.Inputs, initialMean.dtype);
        var factors = new Discretisation(moves.Distinct.Transition, moves.Distinct.Covariance.Cholesky("covariance of the transition"), moves.Distinct.Input);
        var of = (moves with { Distinct = factors }).OfRows();
        return new FullGaussian(of.Transition.Apply(past.Latent) + Offset(of, past.Inputs), of.Covariance);
    }

    public LinearGaussianSystem System(Func<int, StepInputs> inputs, ScalarType type) => Moving(t =>
    {
        var known = inputs(t);
        var moves = Moves(known, type);
        return Affine(moves.Distinct.Transition.shape[0] == 1 ? moves.Shared(0) : moves.OfRows(), known, type);
    }, type);

    /// <summary>All distinct gaps of the batch by one matrix exponential; rows that share a gap at a step share matrices.</summary>
    public LinearGaussianSystem System(SequenceBatch batch)
    {
        var moves = Moves(batch.Inputs(new PackedRange(0, batch.PackedSteps)), batch.Type);
        int[] later = [.. moves.Places.Skip(batch.Count).Distinct()];
        var only = later.Length == 1 ? moves.Shared(later[0]) : null;
        var steps = later.Length > 1 ? moves.OfRows().Split(batch.Active) : null;
        return Moving(t =>
        {
            var range = batch.Step(t);
            bool shared = moves.Places.AsSpan((int)range.Start, (int)range.Count).IndexOfAnyExcept(moves.Places[(int)range.Start]) < 0;
            return Affine(only ?? (shared ? steps![t].Map(part => part[0]) : steps![t]), batch.Inputs(range), batch.Type);
        }, batch.Type);
    }

    private LinearGaussianSystem Moving(Func<int, AffineGaussian> transition, ScalarType type)
    {
        var emits = AffineGaussian.Independent(emission.Weight.to(type), emission.Offset.to(type), emission.Variance().to(type));
        return new(new(initialMean.to(type), initialCovariance.Covariance().to(type)), transition, _ => emits);
    }

    private AffineGaussian Affine(Discretisation move, StepInputs inputs, ScalarType type) => new(move.Transition, Offset(move, inputs, type), move.Covariance);

    // Γ B u, [row, Z], or zeros that all rows share.
    private Tensor Offset(Discretisation move, StepInputs inputs, ScalarType? type = null)
    {
        var number = type ?? initialMean.dtype;
        return control is null ? zeros([LatentSize], number, initialMean.device)
            : move.Input!.Apply(control.to(number).Apply(inputs.Controls!.to(number)));
    }

    private GapTable Moves(StepInputs inputs, ScalarType type) =>
        GapTable.Of(Drift(), diffusion.Covariance(), inputs.ReadGaps(), control is not null, type);

    /// <summary>Takes the values of F, L Lᵀ and B.</summary>
    public void Set(Tensor drift, Tensor diffusion, Tensor? control = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        this.drift?.copy_(drift);
        turning?.copy_(0.25 * (drift - drift.transpose(0, 1)));
        damping?.Set(-drift.Symmetric());
        this.diffusion.Set(diffusion);
        this.control?.copy_(control!);
    }

    /// <summary>Takes the values of m₀, P₀, C, d and r.</summary>
    public void Set(LinearGaussianParameters parameters)
    {
        using var guard = no_grad();
        initialMean.copy_(parameters.InitialMean);
        initialCovariance.Set(parameters.InitialCovariance);
        emission.Set(parameters);
    }
}
