using TorchSharp;

[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

namespace Microsoft.ML.StateSpace.Tests;

[TestClass]
public static class AssemblySetup
{
    // Two test classes run at a time: one thread each.
    [AssemblyInitialize]
    public static void OneThreadPerTest(TestContext _)
    {
        StateSpaceRuntime.Tune();
        torch.set_num_threads(1);
    }
}
