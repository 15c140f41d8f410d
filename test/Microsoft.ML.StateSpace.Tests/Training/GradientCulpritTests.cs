using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>A gradient that is not finite, though the bound is, is traced to its sequence.</summary>
[TestClass]
public class GradientCulpritTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void TheSequenceIsNamed(int workers)
    {
        var rows = Rows.Make(20);
        // By its length alone the bound knows it: no other row has 17 steps.
        rows[7].Observations = [.. Enumerable.Range(0, 34).Select(i => i * 0.01f)];
        rows[7].Mask = [.. Enumerable.Repeat(true, 17)];
        var ml = new MLContext();
        var options = Rows.Options() with { Bound = new SteepBound(Steep: 17), Workers = workers };
        var error = Assert.ThrowsExactly<NonFiniteBoundException>(() =>
            ml.StateSpace.Trainers.DeepMarkov(options with { ValidationSet = ml.Data.LoadFromEnumerable(Rows.Make(3)) }).Fit(ml.Data.LoadFromEnumerable(rows)));
        StringAssert.Contains(error.Message, "The gradient is not finite at epoch 1");
        Assert.AreEqual("'row 7'", error.Sequence);
    }

    [TestMethod]
    public void NoSequenceIsNamedWhereNoneAloneIsAtFault()
    {
        var ml = new MLContext();
        var options = Rows.Options() with { Bound = new SteepBound(Steep: null) };
        var error = Assert.ThrowsExactly<NonFiniteBoundException>(() =>
            ml.StateSpace.Trainers.DeepMarkov(options).Fit(ml.Data.LoadFromEnumerable(Rows.Make(20))));
        StringAssert.Contains(error.Message, "gradient");
        Assert.IsNull(error.Sequence);
    }

    // Adds √0 of a weight, whose slope is infinite, where a batch holds a sequence of that length; null: where it holds several.
    private sealed record SteepBound(int? Steep) : Bound
    {
        public override BoundTerms Evaluate(BoundQuery query)
        {
            using var scope = NewDisposeScope();
            var terms = new Elbo().Evaluate(query);
            var (model, batch) = (query.Model, query.Batch);
            bool steep = Steep is { } length ? batch.Lengths.Contains(length) : batch.Count > 1;
            var objective = terms.Objective;
            if (steep)
            {
                var weight = model.parameters().First();
                objective = objective + (weight - weight.detach()).sum().sqrt();
            }
            return terms with
            {
                Objective = objective.MoveToOuterDisposeScope(),
                LogLikelihood = terms.LogLikelihood.MoveToOuterDisposeScope(),
                Kl = terms.Kl.MoveToOuterDisposeScope(),
            };
        }
    }
}
