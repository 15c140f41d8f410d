namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Contenders in turns, so that what else the machine does meets all of them.</summary>
/// <param name="Name">What is compared.</param>
/// <param name="Tolerance">How far, of the library's, another contender's value may be in the first round, which is not counted.</param>
internal sealed record Comparison(string Name, double Tolerance)
{
    // .NET compiles what runs often anew while it runs.
    private const int WarmUpRounds = 3;

    /// <summary>Measures the contenders, prints a table, and gives its figures.</summary>
    /// <exception cref="InvalidOperationException">Two contenders do not compute the same.</exception>
    public object Run(IReadOnlyList<IContender> contenders, int rounds)
    {
        Round[] first = [.. contenders.Select(c => c.Run())];
        for (int round = 1; round < WarmUpRounds; round++)
            foreach (var contender in contenders)
                contender.Run();
        Check(contenders, first);
        var measured = contenders.ToDictionary(c => c, _ => new List<Round>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (var contender in contenders)
                measured[contender].Add(contender.Run());
        }
        Console.WriteLine($"peers      {Name}, {first[0].Steps} steps: {first[0].Value:g6} a step");
        Console.WriteLine($"           {"",-22} {"wall seconds",-26} {"processor seconds",-26} µs of wall a step");
        return new
        {
            comparison = Name,
            steps = first[0].Steps,
            contenders = contenders.Select((c, i) => Figures(c, measured[c], first[i])).ToArray(),
            ratios = Pairs(contenders).Select(pair => Ratio(pair.Over, pair.Under, measured)).ToArray(),
        };
    }

    private void Check(IReadOnlyList<IContender> contenders, Round[] first)
    {
        var library = first[0];
        foreach (var (contender, round) in contenders.Zip(first).Skip(1))
        {
            bool same = round.Steps == library.Steps
                && (round.Value is not { } value || Math.Abs(value - library.Value!.Value) <= Tolerance * Math.Abs(library.Value.Value));
            if (!same)
                throw new InvalidOperationException($"{Name}: {contender.Name} computes {round.Value} a step in {round.Steps} steps, "
                    + $"the library {library.Value} in {library.Steps}.");
        }
    }

    // How often the library's time a peer takes, and the library the floor's.
    private static IEnumerable<(IContender Over, IContender Under)> Pairs(IReadOnlyList<IContender> contenders)
    {
        var library = contenders.Single(c => c.Kind == ContenderKind.Library);
        return contenders.Where(c => c != library).Select(c => c.Kind == ContenderKind.Peer ? (c, library) : (library, c));
    }

    private static object Figures(IContender contender, List<Round> rounds, Round first)
    {
        Timing wall = Timing.Of(rounds.Select(r => r.Wall)), cpu = Timing.Of(rounds.Select(r => r.Cpu));
        double step = 1e6 * wall.Median / first.Steps;
        Console.WriteLine($"           {contender.Name,-22} {Text(wall, "f3"),-26} {Text(cpu, "f3"),-26} {step,12:f1}{contender.Gigaflop:', '0' GFLOP'}");
        return new { name = contender.Name, kind = $"{contender.Kind}", firstValue = first.Value, gigaflop = contender.Gigaflop, microsecondsPerStep = step, wall, cpu };
    }

    // Round by round: what disturbs a round disturbs both.
    private static object Ratio(IContender over, IContender under, Dictionary<IContender, List<Round>> measured)
    {
        var pairs = measured[over].Zip(measured[under]).ToList();
        Timing wall = Timing.Of(pairs.Select(p => p.First.Wall / p.Second.Wall)), cpu = Timing.Of(pairs.Select(p => p.First.Cpu / p.Second.Cpu));
        Console.WriteLine($"           {Text(wall, "f2")} times by wall, {Text(cpu, "f2")} by processor: {over.Name} / {under.Name}");
        return new { over = over.Name, under = under.Name, wall, cpu };
    }

    private static string Text(Timing timing, string format) =>
        $"{timing.Median.ToString(format)} ({timing.Least.ToString(format)} – {timing.Most.ToString(format)})";
}
