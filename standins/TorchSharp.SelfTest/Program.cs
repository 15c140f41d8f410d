using System.Diagnostics;
using TorchSharp;
using TorchSharp.Interop;
using TorchSharp.SelfTest;

IReadOnlyList<string> problems = Aten.Problems();
foreach (string problem in problems) Console.WriteLine(problem);
Console.WriteLine($"LibTorch {torch.__version__}: {Aten.Operators().Count()} operators bound, {problems.Count} do not fit");

var failed = problems.Count;
foreach ((string name, Action check) in Checks.All)
{
    try
    {
        check();
        Console.WriteLine($"ok    {name}");
    }
    catch (CheckFailedException e)
    {
        Console.WriteLine($"wrong {name}: {e.Message}");
        failed++;
    }
}
if (args.Contains("--speed")) Speed.Report();
return failed == 0 ? 0 : 1;
