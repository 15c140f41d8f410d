using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Batch;
using Microsoft.ML.StateSpace.Tool.Console;

namespace Microsoft.ML.StateSpace.Tool.Commands;

using Command = System.CommandLine.Command; // here, because ML.NET has a namespace Microsoft.ML.Command

/// <summary><c>statespace verify OUT</c>: whether all shards of a batch job are complete and every output is what its manifest says.</summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var folder = new Argument<string>("folder") { Description = "The output folder of a batch job (statespace score)." };
        Option<string> format = Shared.Format();
        var command = new Command("verify", "Check that a batch job is complete and its outputs are whole.") { folder, format };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            FolderReport report = FolderCheck.Run(path, cancellation);
            if (parsed.GetRequiredValue(format) == Shared.Json)
                Shared.WriteJson(terminal.Output, report);
            else
                terminal.Output.WriteLine(Summary(path, report));
            foreach (string fault in report.Faults)
                terminal.WriteError(fault);
            foreach (ManifestFile file in report.Failed)
                terminal.WriteError($"failed: {file.Error}");
            return report.Complete && report.Failed.Count == 0 ? ExitCode.Ok : ExitCode.SomeFailed;
        });
        return command;
    }

    private static string Summary(string path, FolderReport report)
    {
        FileCounts counts = report.Counts;
        string state = report.Complete ? "complete" : "not complete";
        return $"{path}: {state}, {report.Shards} shard{(report.Shards == 1 ? "" : "s")}, {counts.Ok} of {counts.Files} files scored, {counts.Failed} failed; "
            + $"{counts.Rows} sequences, {counts.Bytes} bytes";
    }
}
