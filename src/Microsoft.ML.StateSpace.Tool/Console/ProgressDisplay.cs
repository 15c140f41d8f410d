using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Microsoft.ML.StateSpace.Tool.Console;

/// <summary>Shows how far a job has come: a bar on a terminal, a line now and then elsewhere.</summary>
internal abstract class ProgressDisplay
{
    /// <summary>Runs a job that reports to a display made for the terminal.</summary>
    public static T Show<T>(Terminal terminal, Func<ProgressDisplay, T> job) =>
        terminal.Bars is { } bars
            ? bars.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                .Start(context => job(new Bars(context, bars)))
            : job(new Lines(terminal.Messages));

    /// <summary>The job of that name has come to a fraction (0 to 1) of its way.</summary>
    /// <param name="name">The job; a new name begins a new bar.</param>
    /// <param name="fraction">Share done, 0 to 1.</param>
    /// <param name="detail">What there is to say of the moment.</param>
    /// <param name="remark">What more a line can say; its moment gets a line of its own where lines are written.</param>
    public abstract void Report(string name, double fraction, string detail, string? remark = null);

    /// <summary>Says something at once, above the bars where there are any.</summary>
    public abstract void WriteLine(string message);

    private sealed class Bars(ProgressContext context, IAnsiConsole console) : ProgressDisplay
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        public override void Report(string name, double fraction, string detail, string? remark = null)
        {
            if (!_tasks.TryGetValue(name, out ProgressTask? task))
                _tasks.Add(name, task = context.AddTask(Markup.Escape(name), maxValue: 1.0));
            task.Description = Markup.Escape($"{name}  {detail}");
            task.Value = fraction;
        }

        public override void WriteLine(string message) => console.WriteLine(message);
    }

    private sealed class Lines(TextWriter writer) : ProgressDisplay
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private TimeSpan _nextLine = Pause;

        public override void Report(string name, double fraction, string detail, string? remark = null)
        {
            if (remark is null && _clock.Elapsed < _nextLine)
                return;
            _nextLine = _clock.Elapsed + Pause;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {fraction,4:P0} {_clock.Elapsed.TotalSeconds,7:f1} s  {detail}{remark}"));
        }

        public override void WriteLine(string message) => writer.WriteLine(message);
    }
}
