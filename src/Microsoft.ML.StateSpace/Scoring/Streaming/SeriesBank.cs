using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>Many series and what a filter carries of each: those that get an observation are stepped together, and nothing of one
/// series reaches another.</summary>
/// <remarks>What is kept of a series has a fixed size. A call that fails changes nothing.</remarks>
/// <param name="filter">Moves rows one step on.</param>
/// <param name="data">Sizes of the model's data.</param>
/// <param name="faultOf">What is wrong with an observed value, or null.</param>
/// <param name="calibration">What tail probabilities go through; null: they are the scores.</param>
/// <param name="scaling">The model's units, which nothing that is handed over or given out shows; null: those of the data.</param>
/// <param name="device">Where the model is.</param>
internal sealed class SeriesBank(IStepFilter filter, DataShape data, Func<float, string?> faultOf, AnomalyCalibration? calibration,
    SequenceScaling? scaling, Device device)
{
    private readonly ObservationChecks _checks = new(data, faultOf, scaling);
    private readonly Dictionary<string, Series> _series = [];

    /// <summary>What is kept of each series.</summary>
    public IReadOnlyList<StateField> Fields => filter.Fields;

    /// <summary>The series.</summary>
    public IReadOnlyDictionary<string, Series> All => _series;

    /// <summary>Forgets a series; false: there is none of that name.</summary>
    public bool Remove(string id) => _series.Remove(id);

    /// <summary>Takes series in place of all that there are.</summary>
    public void Replace(IEnumerable<Series> series)
    {
        _series.Clear();
        foreach (var one in series)
            _series.Add(one.Id, one);
    }

    /// <summary>Moves every series on that is named, one step each; what is new begins.</summary>
    /// <exception cref="SequenceFormatException">An observation does not fit the model or its series, or a series is named twice.</exception>
    /// <exception cref="ArithmeticException">A step has no finite likelihood or moments; names series and step.</exception>
    public FilteredStep[] Observe(IReadOnlyList<SeriesObservation> observations)
    {
        var steps = new SeriesStep[observations.Count];
        var named = new HashSet<string>();
        for (int i = 0; i < steps.Length; i++)
        {
            string id = ObservationChecks.Name(observations[i].Series);
            if (!named.Add(id))
                throw new SequenceFormatException($"series '{id}' is named twice; a call moves each series one step on");
            steps[i] = _checks.Read(observations[i], _series.TryGetValue(id, out var known) ? known : new Series(id));
        }
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var results = new FilteredStep[steps.Length];
        var taken = new List<(int[] Places, Tensor[] Carried)>();
        foreach (int[] places in Together(steps))
            taken.Add((places, Step(steps, places, results)));
        foreach (var (places, carried) in taken)
            Keep(steps, places, carried);
        return results;
    }

    /// <summary>Forecasts series, without moving them on.</summary>
    /// <exception cref="KeyNotFoundException">There is no such series.</exception>
    /// <exception cref="SequenceFormatException">What is given of the future does not fit.</exception>
    public SeriesForecast[] Forecast(IReadOnlyList<SeriesFuture> futures, int horizon, IReadOnlyList<double> probabilities, int paths)
    {
        var rows = futures.Select(future => _series.TryGetValue(future.Series, out var series) ? series
            : throw new KeyNotFoundException($"There is no series '{future.Series}'; it must have been observed first.")).ToArray();
        var inputs = futures.Zip(rows, (future, series) => _checks.Read(future, series, horizon)).ToArray();
        using var guard = no_grad();
        var results = new SeriesForecast[rows.Length];
        foreach (int[] places in Enumerable.Range(0, rows.Length).Chunk(filter.RowsTogether(begins: false)))
        {
            using var scope = NewDisposeScope();
            var some = places.Select(place => rows[place]).ToArray();
            var known = places.Select(place => inputs[place]).ToArray();
            var query = new FutureQuery(type => Inputs(some, known, horizon, type), [.. some.Select(s => s.Key)], probabilities, paths);
            Give(filter.Forecast(Gather(some), query), some, known, places, results);
        }
        return results;
    }

    // Those that begin and those that go on, in portions.
    private IEnumerable<int[]> Together(SeriesStep[] steps) => Enumerable.Range(0, steps.Length).GroupBy(place => steps[place].Series.Steps == 0)
        .SelectMany(group => group.Chunk(filter.RowsTogether(group.Key)));

    private Tensor[] Step(SeriesStep[] all, int[] places, FilteredStep[] results)
    {
        using var scope = NewDisposeScope();
        SeriesStep[] steps = [.. places.Select(place => all[place])];
        using var batch = SequenceBatch.OfStep(Rows(steps), device, filter.Type);
        try
        {
            var found = filter.Step(batch, steps[0].Series.Steps == 0 ? null : Gather([.. steps.Select(s => s.Series)]));
            Give(found, steps, places, results);
            return [.. found.Carried.Select(part => part.MoveToOuterDisposeScope())];
        }
        catch (ArithmeticException e) when (e is not NotFiniteNumberException)
        {
            string names = string.Join(", ", steps.Take(3).Select(s => $"'{s.Series.Id}'")) + (steps.Length > 3 ? ", …" : "");
            throw new ArithmeticException($"Series {names}: a step cannot be filtered: {e.Message}", e);
        }
    }

    private StepRows Rows(SeriesStep[] steps) => new(data.ObservationSize, [.. steps.SelectMany(s => s.Values)],
        steps.All(s => s.Observed is null) ? null : [.. steps.SelectMany(s => s.Observed is null ? Enumerable.Repeat(1f, data.ObservationSize)
            : s.Observed.Select(o => o ? 1f : 0f))],
        [.. steps.Select(s => s.Series.Key)], [.. steps.Select(s => s.Series.Steps)])
    {
        LogJacobians = [.. steps.Select(LogJacobian)],
        ControlSize = data.ControlSize,
        Controls = data.ControlSize == 0 ? null : [.. steps.SelectMany(s => s.Controls)],
        Gaps = data.HasTimes ? [.. steps.Select(s => s.Gap)] : null,
    };

    private void Give(SteppedRows found, SeriesStep[] steps, int[] places, FilteredStep[] results)
    {
        float[][] means = Trajectory.Rows(found.Mean), deviations = Trajectory.Rows(found.Std);
        double[] likelihoods = Numbers(found.LogLikelihood), sizes = Numbers(found.EffectiveSampleSize);
        double[]? tails = found.TailProbability is null ? null : Numbers(found.TailProbability);
        for (int row = 0; row < steps.Length; row++)
        {
            var series = steps[row].Series;
            if (!double.IsFinite(likelihoods[row]) || !means[row].All(float.IsFinite) || !deviations[row].All(float.IsFinite))
                throw new NotFiniteNumberException($"Series '{series.Id}', step {series.Steps}: its log-likelihood is {likelihoods[row]}, so that no filter "
                    + "can go on from it; nothing of the call was taken in. Check the value, or hand it over as missing.", likelihoods[row]);
            results[places[row]] = new FilteredStep(series.Id, series.Steps, means[row], deviations[row], likelihoods[row] + LogJacobian(steps[row]), (float)sizes[row],
                tails is null ? null : calibration?.Apply(tails[row]) ?? tails[row]);
        }
    }

    // What a density in the model's units grows by in the data's.
    private double LogJacobian(SeriesStep step)
    {
        double sum = 0;
        for (int d = 0; scaling?.Observations is { } scale && d < data.ObservationSize; d++)
            if (step.Observed is null || step.Observed[d])
                sum -= Math.Log(scale.Deviation[d]);
        return sum;
    }

    private void Give(ForecastTensors found, Series[] rows, (float[] Controls, float[] Gaps)[] known, int[] places, SeriesForecast[] results)
    {
        float[][] Restored(Tensor tensor) => Trajectory.Rows(tensor, scaling, row => known[row].Controls);
        float[][] means = Restored(found.Mean), drawn = found.Paths is null ? [] : Restored(found.Paths);
        float[][][] quantiles = [.. found.Quantiles.Select(Restored)];
        for (int row = 0; row < rows.Length; row++)
            results[places[row]] = new SeriesForecast(rows[row].Id, rows[row].Steps, means[row], [.. quantiles.Select(q => q[row])], found.Paths is null ? [] : drawn[row]);
    }

    private StepInputs[] Inputs(Series[] rows, (float[] Controls, float[] Gaps)[] known, int horizon, ScalarType type) =>
    [
        .. Enumerable.Range(0, horizon).Select(h => StepInputs.Send([.. rows.Select(s => s.Steps + h)],
            data.ControlSize == 0 ? null : [.. known.SelectMany(k => k.Controls.Skip(h * data.ControlSize).Take(data.ControlSize))],
            data.HasTimes ? [.. known.Select(k => k.Gaps[h])] : null, device, type)),
    ];

    private void Keep(SeriesStep[] steps, int[] places, Tensor[] carried)
    {
        int length = Fields.Sum(field => field.Bytes), start = 0;
        foreach (int place in places)
        {
            var (series, time, gap) = (steps[place].Series, steps[place].Time, steps[place].Gap);
            if (series.Steps == 0)
                (series.State, _series[series.Id]) = (new byte[length], series);
            (series.Steps, series.Time, series.Gap) = (series.Steps + 1, time, gap);
        }
        for (int i = 0; i < carried.Length; start += Fields[i++].Bytes)
        {
            using var here = carried[i].cpu();
            var bytes = here.bytes;
            for (int row = 0; row < places.Length; row++)
                bytes.Slice(row * Fields[i].Bytes, Fields[i].Bytes).CopyTo(steps[places[row]].Series.State.AsSpan(start));
        }
    }

    // What is kept of some series, [row, ·] for each field.
    private Tensor[] Gather(Series[] rows)
    {
        var carried = new Tensor[Fields.Count];
        int start = 0;
        for (int i = 0; i < carried.Length; start += Fields[i++].Bytes)
        {
            var (field, size) = (Fields[i], Fields[i].Bytes);
            var buffer = new byte[rows.Length * size];
            for (int row = 0; row < rows.Length; row++)
                rows[row].State.AsSpan(start, size).CopyTo(buffer.AsSpan(row * size));
            var here = empty([rows.Length, .. field.Shape], field.Type);
            here.bytes = buffer;
            // A generator's state stays on the CPU.
            carried[i] = field.Type == ScalarType.Int64 ? here : here.to(device);
        }
        return carried;
    }

    private static double[] Numbers(Tensor tensor) => tensor.to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
}
