using System.Diagnostics;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>Runs the examples as they were built with everything else.</summary>
internal static class Examples
{
    /// <summary>What an example prints; it must end well within two minutes.</summary>
    public static string Run(string name, string folder, params string[] arguments)
    {
        string[] built = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "..", ".."), $"{name}.dll", SearchOption.AllDirectories);
        string program = built.Single(p => Path.GetFileName(Path.GetDirectoryName(p)) == Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')));
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.IsTrue(process.WaitForExit(120_000));
        Assert.AreEqual(0, process.ExitCode, errors.Result);
        return output;
    }
}
