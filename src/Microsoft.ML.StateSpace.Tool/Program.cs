using Microsoft.ML.StateSpace;
using Microsoft.ML.StateSpace.Tool;
using Microsoft.ML.StateSpace.Tool.Console;

StateSpaceRuntime.Tune();
using var signal = new CancelSignal();
return Application.Run(args, Terminal.OfProcess(), signal.Token);
